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

    // Guards the fields below.
    private readonly Lock _lock = new();
    private readonly Dictionary<MemberId, Offer> _offers = [];
    private readonly List<Task> _running = [];

    /// <summary>
    /// Begins to offer, unless the member is offered one already that is of use: the log is kept from the entry behind
    /// <paramref name="from"/> on. How it ends is told to the core. Never waits.
    /// </summary>
    public void Begin(Member member, ulong from, ulong term, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var former = _offers.GetValueOrDefault(member.Id);
            if (former is not null && former.Snapshot.Point.Index >= from && former.Term == term)
            {
                return;
            }

            var view = store.OpenSnapshot();
            var point = new LogPoint(StateReader.History(view).Term, view.AppliedIndex);
            var offer = new Offer(member, term, new OfferedSnapshot((ulong)random.NextInt64(1, long.MaxValue), point, view), cancellation);
            _offers[member.Id] = offer;

            // The log that followed on it was cut since: nobody gets further with it.
            former?.End();
            _running.RemoveAll(running => running.IsCompleted);
            _running.Add(Task.Run(() => RunAsync(offer, cancellation), CancellationToken.None));
        }
    }

    /// <exception cref="DfsException">NotFound: the snapshot is not offered any more.</exception>
    public SnapshotPiece Read(SnapshotRead read)
    {
        OfferedSnapshot? present;
        lock (_lock)
        {
            present = _offers.Values.FirstOrDefault(offer => offer.Snapshot.Id == read.SnapshotId)?.Snapshot;
        }

        return (present ?? throw Gone()).Read(read.After.Span);
    }

    /// <summary>Ends when every offer has.</summary>
    public Task SettleAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_running);
        }
    }

    public static DfsException Gone() => new(ErrorCode.NotFound, "read a snapshot", "this snapshot is not offered any more");

    private async Task RunAsync(Offer offer, CancellationToken ending)
    {
        LogPoint? installed = null;
        try
        {
            Offered(offer.Member.Id, offer.Member.Address, offer.Snapshot.Point);
            installed = await IsTakenAsync(offer, offer.Ended).ConfigureAwait(false) ? offer.Snapshot.Point : null;
            if (installed is null)
            {
                // Whatever is wrong, it is not better at once.
                await Task.Delay(Pause, time, offer.Ended).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (offer.Ended.IsCancellationRequested)
        {
            // The node ends, or another offer takes this one's place.
        }
        catch (DfsException error)
        {
            GivenUp(offer.Member.Id, error.Message);
        }

        if (Leave(offer))
        {
            // Unheard, the member would wait for ever: it is said again until there is room, or the node ends.
            while (!mailbox.Post((core, _) => core.SnapshotEnded(offer.Member.Id, installed)) && !ending.IsCancellationRequested)
            {
                await Task.Delay(Pause, time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    // False when another offer took its place: the core waits for the end of that one.
    private bool Leave(Offer offer)
    {
        bool isPresent;
        lock (_lock)
        {
            isPresent = _offers.GetValueOrDefault(offer.Member.Id) == offer;
            if (isPresent)
            {
                _offers.Remove(offer.Member.Id);
            }
        }

        offer.Dispose();
        return isPresent;
    }

    private async Task<bool> IsTakenAsync(Offer present, CancellationToken cancellation)
    {
        var (member, snapshot) = (present.Member, present.Snapshot);
        for (int failures = 0; failures < FailuresMax;)
        {
            var offer = new SnapshotOffer
            {
                Sender = card.Mine,
                To = member.Id.Value,
                ToDirectory = card.DirectoryOf(member.Id),
                Term = present.Term,
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Offers metadata node {Member} at {Address} a snapshot as of entry {Point}")]
    private partial void Offered(MemberId member, string address, LogPoint point);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Metadata node {Member} did not take the snapshot: {Reason}")]
    private partial void GivenUp(MemberId member, string reason);

    /// <summary>One snapshot for one member, until it has it.</summary>
    private sealed class Offer(Member member, ulong term, OfferedSnapshot snapshot, CancellationToken ending) : IDisposable
    {
        private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(ending);

        public Member Member => member;

        public ulong Term => term;

        public OfferedSnapshot Snapshot => snapshot;

        public CancellationToken Ended => _ended.Token;

        public void End() => _ended.Cancel();

        public void Dispose()
        {
            snapshot.Dispose();
            _ended.Dispose();
        }
    }
}
