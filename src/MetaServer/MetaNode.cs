using System.Diagnostics;
using DfsNet.Consensus;
using DfsNet.Integrity;
using DfsNet.MetaServer.Maintenance;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Services;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer;

/// <summary>
/// One metadata server: a plain object that a process, a test or the simulator runs. The store is opened once, after the data directory is
/// locked and its identity is checked.
/// </summary>
public sealed partial class MetaNode : IAsyncDisposable
{
    // Several heartbeats may be lost before anybody stands for election.
    private const int HeartbeatsPerTimeout = 8;

    // A fifth bears clocks of which one runs four times as fast as the other.
    private const int LeasesPerTimeout = 5;

    private readonly MetaServerOptions _options;
    private readonly IDisk _disk;
    private readonly Func<ValueTask<IStateStore>> _openStore;
    private readonly IConnections _connections;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _disposing = new();
    private Task _running = Task.CompletedTask;
    private volatile Running? _present;

    public MetaNode(
        MetaServerOptions options,
        IDisk disk,
        Func<ValueTask<IStateStore>> openStore,
        IConnections connections,
        TimeProvider time,
        Random random,
        ILoggerFactory logs)
    {
        options.Validate();
        _options = options;
        _disk = disk;
        _openStore = openStore;
        _connections = connections;
        _time = time;
        _random = random;
        _logs = logs;
        _log = logs.CreateLogger<MetaNode>();
        var edge = new RpcEdge(WhyNotServing, error => _broken.TrySetException(error), logs.CreateLogger<RpcEdge>());
        MetadataService = new MetadataService(edge, Lead);
        ClusterService = new ClusterService(edge, Lead);
        ConsensusService = new ConsensusService(edge, () => _present?.Desk);
    }

    /// <summary>What clients call; answers UNAVAILABLE before <see cref="Ready"/> and after the end.</summary>
    public Metadata.MetadataBase MetadataService { get; }

    /// <summary>What chunk servers call.</summary>
    public Protocol.Wire.Cluster.ClusterBase ClusterService { get; }

    /// <summary>What other metadata servers call.</summary>
    public Protocol.Wire.Consensus.ConsensusBase ConsensusService { get; }

    /// <summary>
    /// Completes when the node serves, as leader of a cluster of one, or takes part in a larger one; faults when it cannot start.
    /// </summary>
    public Task Ready => _ready.Task;

    /// <summary>
    /// Runs until cancelled, then puts everything to rest. Throws a <see cref="DfsException"/> when the node cannot start or must stop: a
    /// failed flush, a damaged log, a directory of another cluster.
    /// </summary>
    /// <param name="advertised">host:port at which others reach this node.</param>
    /// <param name="cancellation">Ends the run.</param>
    public Task RunAsync(string advertised, CancellationToken cancellation) => _running = RunOnceAsync(advertised, cancellation);

    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync().ConfigureAwait(false);
        try
        {
            await _running.ConfigureAwait(false);
        }
        catch (Exception error) when (error is DfsException or InvariantException or OperationCanceledException)
        {
            // Whoever runs the node has it already.
        }

        _disposing.Dispose();
    }

    private Leadership Lead() => _present?.Seat.Present ?? throw WhyNotServing() ?? Starting();

    private DfsException? WhyNotServing()
    {
        if (_present is not { } present)
        {
            return Starting();
        }

        if (present.Seat.Present is not null)
        {
            return null;
        }

        var view = present.Replica.Seen;
        return view.IsLeader || view.LeaderAddress.Length == 0
            ? new DfsException(ErrorCode.Unavailable, "metadata server", "the metadata servers are choosing a leader")
            : new DfsException(ErrorCode.NotLeader, "metadata server", $"the metadata leader is at {view.LeaderAddress}")
            {
                Leader = view.LeaderAddress,
            };
    }

    private static DfsException Starting() =>
        new(ErrorCode.Unavailable, "metadata server", "the metadata server is starting or stopping");

    private async Task RunOnceAsync(string advertised, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _disposing.Token);
        try
        {
            await StartAndServeAsync(advertised, stop.Token).ConfigureAwait(false);
            _ready.TrySetCanceled(CancellationToken.None);
        }
        catch (DiskException error)
        {
            var failure = new DfsException(
                error.Failure == DiskFailure.Full ? ErrorCode.OutOfSpace : ErrorCode.VolumeFailed,
                $"metadata server: {error.Operation}",
                $"the metadata disk at {_disk.Location} failed ({error.Message}): nothing more is acknowledged on it",
                error);
            _ready.TrySetException(failure);
            throw failure;
        }
        catch (Exception error)
        {
            _ready.TrySetException(error);
            throw;
        }
    }

    private async Task StartAndServeAsync(string advertised, CancellationToken stop)
    {
        var founding = new Founding(_options, advertised);
        var directory = await DataDirectory.OpenAsync(_disk, founding.IdentityOf, _random).ConfigureAwait(false);
        await using (directory.ConfigureAwait(false))
        {
            var store = await _openStore().ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                await ServeFromAsync(directory, founding, advertised, store, stop).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeFromAsync(
        DataDirectory directory, Founding founding, string advertised, IStateStore store, CancellationToken stop)
    {
        long began = _time.GetTimestamp();
        if (StateReader.Cluster(store) is { } cluster)
        {
            FixedOptions.Require(_options, cluster);
        }

        var state = new StateMachine(store);
        var budget = StorageBudget.For(await _disk.GetSpaceAsync().ConfigureAwait(false), _options.FlushLogBytes);
        var opening = new LogOpening(_disk, directory, founding, budget, _time);
        var log = await opening.OpenAsync(state.Applied, StateReader.Members(store), stop).ConfigureAwait(false);
        await using (log.ConfigureAwait(false))
        {
            Replayed(log.Replayed.Last.Index, store.AppliedIndex, _time.GetElapsedTime(began), log.Recovery.BytesCut, log.Replayed.Ignored);
            var space = new SpaceWatch(_disk, _options.SpaceReserveBytes, _time);
            await space.LookAsync().ConfigureAwait(false);
            var card = new MembershipCard(directory.Identity, advertised, store);
            var links = new PeerLinks(_connections, () => card.Mine, _time, _logs);
            await using (links.ConfigureAwait(false))
            {
                var ballots = new BallotFile(_disk);
                var running = Compose(directory, store, state, log, ballots, await ballots.ReadAsync().ConfigureAwait(false), space, card, links);
                var flusher = new StoreFlusher(
                    store, log, budget.FlushLogBytes, _options.FlushInterval, _time, _logs.CreateLogger<StoreFlusher>());
                await RunAsync(running, flusher, space, stop).ConfigureAwait(false);
                Ended(store.AppliedIndex);
            }
        }
    }

    private Running Compose(
        DataDirectory directory, IStateStore store, StateMachine state, RaftLog log, BallotFile ballots, Ballot? ballot, SpaceWatch space,
        MembershipCard card, PeerLinks links)
    {
        var options = new RaftOptions
        {
            ElectionTimeout = _options.ElectionTimeout,
            HeartbeatInterval = _options.ElectionTimeout / HeartbeatsPerTimeout,
            LeaseTime = _options.ElectionTimeout / LeasesPerTimeout,
        };
        var restored = new Restored
        {
            Ballot = ballot ?? default,
            Base = state.Applied,
            Membership = StateReader.Members(store),
            AppliedIndex = state.Applied.Index,
            Entries = log.Replayed.Entries,
            IsImpaired = directory.Identity.IsImpaired,
        };
        var mailbox = new Mailbox(_options.CommandQueueMax);
        var seat = new LeadershipSeat(_options, store, space, mailbox, _time, _random, _logs);
        var applier = new Applier(state, mailbox.Applied, new LeadershipCalls(seat.TryBegin, seat.Observe, seat.End));
        Replica? replica = null;
        replica = new Replica(
            new ReplicaParts
            {
                Core = new Raft(card.Member, options, restored, new Random(_random.Next()), TimeSpan.Zero),
                Options = options,
                Mailbox = mailbox,
                Applier = applier,
                Log = log,
                Ballots = ballots,
                Space = space,
                Send = message =>
                {
                    if (replica!.Seen.Membership.Find(message.To) is { } member)
                    {
                        links.Send(member.Address, message);
                    }
                },
                SendSnapshot = _ => { },
                AppliedIndex = state.Applied.Index,
            },
            _time,
            _logs.CreateLogger<Replica>());
        seat.Replica = replica;
        return new Running(replica, seat, new PeerDesk(card, mailbox));
    }

    private async Task RunAsync(Running running, StoreFlusher flusher, SpaceWatch space, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] loops =
        [
            running.Replica.RunAsync(ending.Token), flusher.RunAsync(ending.Token), space.RunAsync(ending.Token), running.Seat.Broken,
            _broken.Task,
        ];
        _present = running;
        if (running.Replica.Seen.Membership.Voters.Count > 1)
        {
            _ready.TrySetResult();
        }

        _ = running.Seat.Begun.ContinueWith(_ => _ready.TrySetResult(), TaskScheduler.Default);
        try
        {
            await WaitForEndAsync(loops, ending.Token).ConfigureAwait(false);
        }
        finally
        {
            _present = null;
            await ending.CancelAsync().ConfigureAwait(false);
            if (!await Patience.WaitAsync(SettleAsync([.. loops[..3], running.Seat.SettleAsync()]), Patience.AtStop, _time)
                .ConfigureAwait(false))
            {
                // What is in the log's hands fails when the log is closed, and is never applied here.
                GivenUp(Patience.AtStop);
            }
        }

        await Patience.WaitAsync(flusher.TryFlushAsync(), Patience.AtStop, _time).ConfigureAwait(false);
    }

    /// <summary>Returns when the node is told to stop; throws what ended a loop before.</summary>
    private static async Task WaitForEndAsync(Task[] loops, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(() => stopped.TrySetResult());
        var first = await Task.WhenAny([.. loops, stopped.Task]).ConfigureAwait(false);
        if (stop.IsCancellationRequested && (first.IsCanceled || first.IsCompletedSuccessfully))
        {
            return;
        }

        await first.ConfigureAwait(false);
        throw new UnreachableException("a loop of the metadata server ended by itself");
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Read the log up to entry {Last}, of which {Applied} were applied, in "
        + "{Time}; {Cut} bytes of an incomplete tail and {Ignored} given-up entries were ignored")]
    private partial void Replayed(ulong last, ulong applied, TimeSpan time, long cut, int ignored);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Did not come to rest within {Limit}: the metadata disk hangs")]
    private partial void GivenUp(TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped at entry {Index}")]
    private partial void Ended(ulong index);

    /// <summary>What exists while the node runs.</summary>
    private sealed record Running(Replica Replica, LeadershipSeat Seat, PeerDesk Desk);
}
