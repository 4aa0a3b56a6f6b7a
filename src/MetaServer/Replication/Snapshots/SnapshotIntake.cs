using DfsNet.Consensus;
using DfsNet.MetaServer.Connections;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Replication.Snapshots;

/// <summary>
/// Fetches a snapshot that the leader offers into a spare store, beside the one that counts; when all of it is there and its digest is
/// right, this node begins anew with it. A cut fetch goes on where it was as long as the same snapshot is offered.
/// </summary>
internal sealed partial class SnapshotIntake(
    SnapshotInstallation installation, MembershipCard card, ConsensusCalls calls, Mailbox mailbox, CancellationToken ending,
    ILogger<SnapshotIntake> log)
{
    // Guards _fetch: offers come from several streams.
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _installed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SnapshotFetch? _fetch;
    private Task _running = Task.CompletedTask;

    /// <summary>Ends when a snapshot took the place of store and log: this life is over. Fails when that was not possible.</summary>
    public Task Installed => _installed.Task;

    public async Task<SnapshotAnswer> OfferAsync(SnapshotOffer offer, CancellationToken cancellation)
    {
        var verdict = await JudgeAsync(offer, stops: false, cancellation).ConfigureAwait(false);
        if (verdict != SnapshotVerdict.Wanted)
        {
            return new SnapshotAnswer
            {
                Progress = verdict == SnapshotVerdict.NotNeeded ? SnapshotProgress.NotNeeded : SnapshotProgress.Refused,
            };
        }

        lock (_lock)
        {
            if (_running.IsCompleted && !_installed.Task.IsCompleted && !ending.IsCancellationRequested)
            {
                bool goesOn = _fetch is { } fetch && fetch.Offer.SnapshotId == offer.SnapshotId
                    && fetch.Offer.Sender.DirectoryId == offer.Sender.DirectoryId;
                _fetch = goesOn ? _fetch : new SnapshotFetch(offer);
                _running = Task.Run(() => RunAsync(_fetch!, isNew: !goesOn), CancellationToken.None);
            }

            return new SnapshotAnswer { Progress = SnapshotProgress.Fetching, Rows = _fetch?.Rows ?? 0 };
        }
    }

    /// <summary>Ends when nothing is fetched any more.</summary>
    public async Task SettleAsync()
    {
        Task running;
        lock (_lock)
        {
            running = _running;
        }

        await running.ConfigureAwait(false);
        await installation.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync(SnapshotFetch fetch, bool isNew)
    {
        try
        {
            if (isNew)
            {
                Begun(fetch.Offer.Sender.Address, RaftWire.FromWire(fetch.Offer.Point));
                await installation.BeginAsync().ConfigureAwait(false);
            }

            await FetchAsync(fetch).ConfigureAwait(false);
            if (await JudgeAsync(fetch.Offer, stops: true, ending).ConfigureAwait(false) == SnapshotVerdict.Wanted)
            {
                await InstallAsync(fetch).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The node ends; what was fetched is removed at its next start.
        }
        catch (DfsException error) when (error.Code is ErrorCode.Unavailable or ErrorCode.TimedOut)
        {
            // Goes on with the next offer.
            Interrupted(fetch.Rows, error.Message);
        }
        catch (DfsException error) when (error.Code is ErrorCode.NotFound or ErrorCode.Corrupt or ErrorCode.OutOfSpace)
        {
            Interrupted(fetch.Rows, error.Message);
            lock (_lock)
            {
                _fetch = null;
            }
        }
        catch (Exception error) when (error is DfsException or DiskException)
        {
            _installed.TrySetException(error);
        }
    }

    // The core has stopped: whatever comes of this, the life of this node ends.
    private async Task InstallAsync(SnapshotFetch fetch)
    {
        var point = RaftWire.FromWire(fetch.Offer.Point);
        try
        {
            await installation.InstallAsync(point).ConfigureAwait(false);
            Installs(fetch.Rows, point);
            _installed.TrySetResult();
        }
        catch (Exception error) when (
            error is DfsException { Code: ErrorCode.OutOfSpace } or DiskException { Failure: not DiskFailure.Failed })
        {
            // It begins anew as it was, and is offered another one.
            Interrupted(fetch.Rows, error.Message);
            _installed.TrySetResult();
        }
    }

    private async Task FetchAsync(SnapshotFetch fetch)
    {
        while (!fetch.IsWhole)
        {
            var read = new SnapshotRead
            {
                Sender = card.Mine,
                To = fetch.Offer.Sender.Member,
                ToDirectory = fetch.Offer.Sender.DirectoryId,
                SnapshotId = fetch.Offer.SnapshotId,
                After = fetch.After,
            };
            var piece = await calls.ReadAsync(fetch.Offer.Sender.Address, read, ending).ConfigureAwait(false);
            fetch.Take(piece);
            installation.Put(piece.Rows);
        }
    }

    private Task<SnapshotVerdict> JudgeAsync(SnapshotOffer offer, bool stops, CancellationToken cancellation) => mailbox.AskAsync(
        (core, now) => core.Judge(new MemberId(offer.Sender.Member), offer.Term, RaftWire.FromWire(offer.Point), stops, now), cancellation);

    [LoggerMessage(Level = LogLevel.Information, Message = "Fetches a snapshot as of entry {Point} from {Address}")]
    private partial void Begun(string address, LogPoint point);

    [LoggerMessage(Level = LogLevel.Information, Message = "Installed a snapshot of {Rows} rows as of entry {Point}")]
    private partial void Installs(ulong rows, LogPoint point);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fetching a snapshot was cut after {Rows} rows: {Reason}")]
    private partial void Interrupted(ulong rows, string reason);
}
