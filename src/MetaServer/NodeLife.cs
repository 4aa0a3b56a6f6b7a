using System.Diagnostics;
using DfsNet.Consensus;
using DfsNet.Integrity;
using DfsNet.MetaServer.Connections;
using DfsNet.MetaServer.Maintenance;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Replication.Snapshots;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer;

/// <summary>
/// A member of the cluster from the opening of its store and log to their closing: until it is told to stop, or until a snapshot takes
/// their place and it begins anew.
/// </summary>
internal sealed partial class NodeLife
{
    // Several heartbeats may be lost before anybody stands for election.
    private const int HeartbeatsPerTimeout = 8;

    // A fifth bears clocks of which one runs four times as fast as the other.
    private const int LeasesPerTimeout = 5;

    // Minutes of the heaviest load: a snapshot of many millions of names takes less.
    private const long LagBytesWhileSending = 256L * 1024 * 1024;

    private readonly MetaServerOptions _options;
    private readonly NodeDevices _devices;
    private readonly DataDirectory _directory;
    private readonly IStateStore _store;
    private readonly StoreFlusher _flusher;
    private readonly SpaceWatch _space;
    private readonly PeerLinks _links;
    private readonly SnapshotSender _snapshots;
    private readonly SnapshotIntake _intake;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger _log;

    public NodeLife(
        MetaServerOptions options,
        NodeDevices devices,
        DataDirectory directory,
        string advertised,
        IStateStore store,
        StateMachine state,
        RaftLog log,
        Ballot ballot,
        StorageBudget budget,
        DigestBook digests)
    {
        _options = options;
        _devices = devices;
        _directory = directory;
        _store = store;
        var (time, logs) = (devices.Time, devices.Logs);
        _log = logs.CreateLogger<NodeLife>();
        Digests = digests;
        Card = new MembershipCard(directory, advertised, store);
        _space = new SpaceWatch(devices.Disk, options.SpaceReserveBytes, time);
        _links = new PeerLinks(devices.Connections, Card, digests, time, logs, error => _broken.TrySetException(error));
        var calls = new ConsensusCalls(devices.Connections, time);
        var mailbox = new Mailbox(options.CommandQueueMax);
        _snapshots = new SnapshotSender(
            store, Card, calls, mailbox, devices.Random, time, logs.CreateLogger<SnapshotSender>());
        _intake = new SnapshotIntake(
            new SnapshotInstallation(devices.Disk, directory, devices.Stores, budget, time), Card, calls, mailbox, _ending.Token,
            logs.CreateLogger<SnapshotIntake>());
        Seat = new LeadershipSeat(
            options, store, devices.Shelf, _space, mailbox, this, new CopyCalls(devices.Connections, time), time,
            devices.Random, logs);
        var applier = new Applier(state, mailbox.Applied, new LeadershipCalls(Seat.TryBegin, Seat.Observe, Seat.End));
        var raftOptions = RaftOptionsOf(options);
        var restored = Restore(directory, store, log, ballot);
        Replica = new Replica(
            new ReplicaParts
            {
                Core = new Raft(Card.Member, raftOptions, restored, new Random(devices.Random.Next()), TimeSpan.Zero),
                Options = raftOptions,
                Mailbox = mailbox,
                Applier = applier,
                Log = log,
                Ballots = new BallotFile(devices.Disk),
                Space = _space,
                Send = Send,
                SendSnapshot = SendSnapshot,
                AppliedIndex = state.Applied.Index,
            },
            time,
            logs.CreateLogger<Replica>());
        _flusher = new StoreFlusher(store, log, budget.FlushLogBytes, options.FlushInterval, time, logs.CreateLogger<StoreFlusher>());
        Desk = new PeerDesk(
            Card, mailbox, () => Replica.Seen.Membership, digests, Heard, _intake, _snapshots, error => _broken.TrySetException(error));
    }

    public Replica Replica { get; }

    public LeadershipSeat Seat { get; }

    public PeerDesk Desk { get; }

    public MembershipCard Card { get; }

    public HeardMembers Heard { get; } = new();

    public DigestBook Digests { get; }

    public IStateStore Store => _store;

    /// <summary>Runs until told to stop (false), or until this node has to begin anew (true); throws what forces it to stop.</summary>
    public async Task<bool> RunAsync(Task broken, CancellationToken stop)
    {
        await _space.LookAsync().ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, _ending.Token);
        Task[] loops =
        [
            Replica.RunAsync(ending.Token), _flusher.RunAsync(ending.Token), _space.RunAsync(ending.Token), KeepIdentityAsync(ending.Token),
            Seat.Broken, _broken.Task, _intake.Installed, broken,
        ];
        bool beginsAnew = false;
        bool hangs = false;
        try
        {
            beginsAnew = await WaitForEndAsync(loops, ending.Token).ConfigureAwait(false);
        }
        finally
        {
            Desk.Close();
            await _ending.CancelAsync().ConfigureAwait(false);
            var settling = SettleAsync([.. loops[..4], Seat.SettleAsync(), _intake.SettleAsync(), _snapshots.SettleAsync()]);
            if (!await Patience.WaitAsync(settling, Patience.AtStop, _devices.Time).ConfigureAwait(false))
            {
                // What is in the log's hands fails when the log is closed, and is never applied here.
                hangs = true;
                GivenUp(Patience.AtStop);
            }

            await _links.DisposeAsync().ConfigureAwait(false);
        }

        if (beginsAnew && hangs)
        {
            // Two lives must not have the directory at once; whoever runs the process starts it again.
            throw new DfsException(
                ErrorCode.VolumeFailed,
                "meta-server: begin anew",
                "a snapshot took the place of the state, and the disk hangs with what was asked of it before: start the server again");
        }

        if (!beginsAnew)
        {
            await Patience.WaitAsync(_flusher.TryFlushAsync(), Patience.AtStop, _devices.Time).ConfigureAwait(false);
        }

        Ended(_store.AppliedIndex);
        return beginsAnew;
    }

    private static Restored Restore(DataDirectory directory, IStateStore store, RaftLog log, Ballot ballot) => new()
    {
        Ballot = ballot,
        Base = log.Replayed.Start,
        Membership = StateReader.Members(store),
        AppliedIndex = store.AppliedIndex,
        Entries = log.Replayed.Entries,
        IsImpaired = directory.Identity.IsImpaired,
    };

    private static RaftOptions RaftOptionsOf(MetaServerOptions options) => new()
    {
        ElectionTimeout = options.ElectionTimeout,
        HeartbeatInterval = options.ElectionTimeout / HeartbeatsPerTimeout,
        LeaseTime = options.ElectionTimeout / LeasesPerTimeout,
        KeptBytesMax = options.LagBytesMax,
        SnapshotKeptBytesMax = Math.Max(options.LagBytesMax, LagBytesWhileSending),
    };

    private void Send(Message message)
    {
        if (Replica.Seen.Membership.Find(message.To) is { } member)
        {
            _links.Send(member.Address, message, isNew: member.IsLearner && Seat.Present is not null);
        }
        else if (Heard.Find(message.To) is { } stranger)
        {
            // Somebody whom this node's log does not name yet, or not any more: whoever asked hears the answer.
            _links.Send(stranger.Address, message, isNew: false);
        }
    }

    private void SendSnapshot(SnapshotWanted wanted)
    {
        var view = Replica.Seen;
        if (view.Membership.Find(wanted.Member) is { } member)
        {
            _snapshots.Begin(member, wanted.From, Replica.Term, _ending.Token);
        }
    }

    /// <summary>
    /// Writes down what the node has to know at its next start: that it is whole again, that it has peers, which cluster this is.
    /// </summary>
    private async Task KeepIdentityAsync(CancellationToken cancellation)
    {
        var interval = _options.ElectionTimeout;
        while (true)
        {
            await Task.Delay(interval, _devices.Time, cancellation).ConfigureAwait(false);
            var identity = _directory.Identity;
            var view = Replica.Seen;
            var present = identity with
            {
                IsImpaired = identity.IsImpaired && view.IsImpaired,
                HasPeers = view.Membership.Members.Count > 1 || (identity.HasPeers && view.Membership.Members.Count == 0),
                Cluster = StateReader.Cluster(_store)?.ClusterId ?? identity.Cluster,
            };
            if (present != identity)
            {
                await TryKeepAsync(present, view.CommitIndex).ConfigureAwait(false);
            }
        }
    }

    private async Task TryKeepAsync(NodeIdentity present, ulong commitIndex)
    {
        bool isRepaired = _directory.Identity.IsImpaired && !present.IsImpaired;
        try
        {
            await _directory.ChangeAsync(present).ConfigureAwait(false);
            if (isRepaired)
            {
                Repaired(commitIndex);
                await _directory.RemoveReplacedLogsAsync().ConfigureAwait(false);
            }
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Full)
        {
            // It is tried again; until then the node only takes more care at its next start than it has to.
        }
    }

    /// <summary>False when the node is told to stop, true when a snapshot was installed; throws what ended a loop before.</summary>
    private async Task<bool> WaitForEndAsync(Task[] loops, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(() => stopped.TrySetResult());
        var first = await Task.WhenAny([.. loops, stopped.Task]).ConfigureAwait(false);
        if (stop.IsCancellationRequested && (first.IsCanceled || first.IsCompletedSuccessfully))
        {
            return false;
        }

        await first.ConfigureAwait(false);
        return first == _intake.Installed ? true : throw new UnreachableException("a loop of the metadata server ended by itself");
    }

    private static async Task SettleAsync(IEnumerable<Task> loops)
    {
        foreach (var loop in loops)
        {
            try
            {
                await loop.ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or DiskException or DfsException or InvariantException)
            {
                // Cancelled, or the reason why the node ends, which is on its way to whoever runs it.
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Did not come to rest within {Limit}: the metadata disk hangs")]
    private partial void GivenUp(TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped at entry {Index}")]
    private partial void Ended(ulong index);

    [LoggerMessage(Level = LogLevel.Information, Message = "The damaged log is repaired: everything up to entry {Index} is here again")]
    private partial void Repaired(ulong index);
}
