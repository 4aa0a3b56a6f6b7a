using DfsNet.Consensus;
using DfsNet.MetaServer.Connections;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Replication.Snapshots;

/// <summary>
/// Offers the state to members that lag behind what the log still holds, until they have it. They fetch it themselves, piece by piece; the
/// offer is repeated meanwhile, so that a cut costs no more than the piece that was on its way.
/// </summary>
internal sealed partial class SnapshotSender(
    IStateStore store, MembershipCard card, ConsensusCalls calls, Mailbox mailbox, Random random, TimeProvider time,
    ILogger<SnapshotSender> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // One that does not even answer for this long is asked about its log again when it does.
    private const int FailuresMax = 25;

    // Guards _present and _users.
    private readonly Lock _lock = new();
    private readonly List<Task> _offers = [];
    private OfferedSnapshot? _present;
    private int _users;

    /// <summary>Begins to offer; how it ends is told to the core. Never waits.</summary>
    public void Begin(Member member, ulong term, CancellationToken cancellation)
    {
        lock (_lock)
        {
            _offers.RemoveAll(offer => offer.IsCompleted);
            _offers.Add(Task.Run(() => OfferAsync(member, term, cancellation), CancellationToken.None));
        }
    }

    /// <exception cref="DfsException">NotFound: the snapshot is not offered any more.</exception>
    public SnapshotPiece Read(SnapshotRead read)
    {
        OfferedSnapshot present;
        lock (_lock)
        {
            present = _present is { } offered && offered.Id == read.SnapshotId ? offered : throw Gone();
        }

        return present.Read(read.After.Span);
    }

    /// <summary>Ends when every offer has.</summary>
    public Task SettleAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_offers);
        }
    }

    public static DfsException Gone() => new(ErrorCode.NotFound, "read a snapshot", "this snapshot is not offered any more");

    private async Task OfferAsync(Member member, ulong term, CancellationToken cancellation)
    {
        LogPoint? installed = null;
        try
        {
            var snapshot = Enter();
            try
            {
                Offered(member.Id, member.Address, snapshot.Point);
                installed = await IsTakenAsync(member, term, snapshot, cancellation).ConfigureAwait(false) ? snapshot.Point : null;
            }
            finally
            {
                Leave();
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The node ends.
        }
        catch (DfsException error)
        {
            GivenUp(member.Id, error.Message);
        }

        // Unheard, the member would wait for ever: it is said again until there is room, or the node ends.
        while (!mailbox.Post((core, _) => core.SnapshotEnded(member.Id, installed)) && !cancellation.IsCancellationRequested)
        {
            await Task.Delay(Pause, time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<bool> IsTakenAsync(Member member, ulong term, OfferedSnapshot snapshot, CancellationToken cancellation)
    {
        for (int failures = 0; failures < FailuresMax;)
        {
            var offer = new SnapshotOffer
            {
                Sender = card.Mine,
                To = member.Id.Value,
                ToDirectory = card.DirectoryOf(member.Id),
                Term = term,
                SnapshotId = snapshot.Id,
                Point = RaftWire.ToWire(snapshot.Point),
            };
            try
            {
                var answer = await calls.OfferAsync(member.Address, offer, cancellation).ConfigureAwait(false);
                failures = 0;
                if (answer.Progress != SnapshotProgress.Fetching)
                {
                    return answer.Progress == SnapshotProgress.NotNeeded;
                }
            }
            catch (DfsException error) when (error.Code is ErrorCode.Unavailable or ErrorCode.TimedOut)
            {
                failures++;
            }

            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }

        return false;
    }

    private OfferedSnapshot Enter()
    {
        lock (_lock)
        {
            if (_users++ == 0)
            {
                var view = store.OpenSnapshot();
                var point = new LogPoint(StateReader.History(view).Term, view.AppliedIndex);
                _present = new OfferedSnapshot((ulong)random.NextInt64(1, long.MaxValue), point, view);
            }

            return _present!;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_users == 0)
            {
                _present!.Dispose();
                _present = null;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Offers metadata node {Member} at {Address} a snapshot as of entry {Point}")]
    private partial void Offered(MemberId member, string address, LogPoint point);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Metadata node {Member} did not take the snapshot: {Reason}")]
    private partial void GivenUp(MemberId member, string reason);
}
