using DfsNet.Consensus;
using DfsNet.Integrity;
using DfsNet.MetaServer.Backups;
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
/// One metadata server: a plain object that a process, a test or the simulator runs. Holds the data directory, waits to be added where it
/// joins a cluster, and lives as a member of it, again and again: a life ends where a snapshot takes the place of store and log.
/// </summary>
public sealed partial class MetaNode : IAsyncDisposable
{
    private readonly MetaServerOptions _options;
    private readonly NodeDevices _devices;
    private readonly ILogger _log;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _disposing = new();
    private Task _running = Task.CompletedTask;
    private volatile NodeLife? _life;
    private volatile IPeerDesk? _desk;

    /// <param name="options">How it behaves.</param>
    /// <param name="disk">Its data directory.</param>
    /// <param name="stores">Where the state is kept.</param>
    /// <param name="shelf">Where scheduled backups are kept; null: none are taken.</param>
    /// <param name="connections">The way to other metadata servers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Used by several threads.</param>
    /// <param name="logs">Where logs go.</param>
    public MetaNode(
        MetaServerOptions options,
        IDisk disk,
        IStateStores stores,
        OpenBackupShelf? shelf,
        IConnections connections,
        TimeProvider time,
        Random random,
        ILoggerFactory logs)
    {
        options.Validate();
        _options = options;
        _devices = new NodeDevices(disk, stores, shelf, connections, time, random, logs);
        _log = logs.CreateLogger<MetaNode>();
        var edge = new RpcEdge(WhyNotServing, error => _broken.TrySetException(error), logs.CreateLogger<RpcEdge>());
        MetadataService = new MetadataService(edge, Lead);
        ClusterService = new ClusterService(edge, Lead, () => _life);
        ConsensusService = new ConsensusService(edge, () => _desk);
        OperationService = new OperationService(edge, Lead);
        MembersService = new MembersService(edge, new MemberViews(() => _life, WhyNotServing, options.CallTimeMax, time));
    }

    /// <summary>What clients call; answers UNAVAILABLE before <see cref="Ready"/> and after the end.</summary>
    public Metadata.MetadataBase MetadataService { get; }

    /// <summary>What chunk servers call.</summary>
    public Protocol.Wire.Cluster.ClusterBase ClusterService { get; }

    /// <summary>What other metadata servers call.</summary>
    public Protocol.Wire.Consensus.ConsensusBase ConsensusService { get; }

    /// <summary>What operators ask of the cluster and order.</summary>
    public Operation.OperationBase OperationService { get; }

    /// <summary>What operators ask about metadata servers.</summary>
    public Members.MembersBase MembersService { get; }

    /// <summary>
    /// Completes when the node serves, as leader of a cluster of one, takes part in a larger one, or waits to be added to one; faults when
    /// it cannot start.
    /// </summary>
    public Task Ready => _ready.Task;

    /// <summary>The term in which this node leads; 0 while it does not.</summary>
    public ulong LeadingTerm => _life?.Seat.Present?.Proposer.Term ?? 0;

    /// <summary>How it is at this moment.</summary>
    public MetaFigures Figures => _life is not { } life ? new MetaFigures()
        : life.Seat.Present?.Figures() ?? new MetaFigures { AppliedIndex = life.Store.AppliedIndex };

    /// <summary>Null when it serves, or takes part; else why not.</summary>
    public string? WhyNotReady => !Ready.IsCompletedSuccessfully ? "starting"
        : _life?.Replica.Seen is { LeaderAddress.Length: 0, IsLeader: false } ? "the metadata servers have no leader"
        : null;

    /// <summary>A part of its log was lost, and is not repaired yet.</summary>
    public bool IsImpaired => _life?.Replica.Seen.IsImpaired ?? false;

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

    private Leadership Lead() => _life?.Seat.Present ?? throw WhyNotServing() ?? Starting();

    private DfsException? WhyNotServing()
    {
        if (_life is not { } life)
        {
            return _desk is JoiningDesk
                ? new DfsException(ErrorCode.Unavailable, "metadata server", "this metadata server waits to be added (dfs admin meta add)")
                : Starting();
        }

        if (life.Seat.Present is not null)
        {
            return null;
        }

        var view = life.Replica.Seen;
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
            await HoldDirectoryAsync(advertised, stop.Token).ConfigureAwait(false);
            _ready.TrySetCanceled(CancellationToken.None);
        }
        catch (DiskException error)
        {
            var failure = new DfsException(
                error.Failure == DiskFailure.Full ? ErrorCode.OutOfSpace : ErrorCode.VolumeFailed,
                $"metadata server: {error.Operation}",
                $"the metadata disk at {_devices.Disk.Location} failed ({error.Message}): nothing more is acknowledged on it",
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

    private async Task HoldDirectoryAsync(string advertised, CancellationToken stop)
    {
        var founding = new Founding(_options, advertised);
        var directory = await DataDirectory.OpenAsync(_devices.Disk, founding.IdentityOf, _devices.Random).ConfigureAwait(false);
        await using (directory.ConfigureAwait(false))
        {
            bool goesOn = true;
            while (goesOn)
            {
                await directory.RemoveReplacedAsync(_devices.Stores).ConfigureAwait(false);
                goesOn = directory.Identity.Member == MemberId.None
                    ? await JoinAsync(directory, stop).ConfigureAwait(false)
                    : await LiveAsync(directory, founding, advertised, stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for the leader's first word, which says as whom this node takes part. False when the node is told to stop.</summary>
    private async Task<bool> JoinAsync(DataDirectory directory, CancellationToken stop)
    {
        var desk = new JoiningDesk();
        _desk = desk;
        _ready.TrySetResult();
        WaitsToBeAdded();
        try
        {
            var call = await desk.Called.WaitAsync(stop).ConfigureAwait(false);
            var joined = directory.Identity with { Member = new MemberId(call.To), Cluster = call.Sender.ClusterId };
            await directory.ChangeAsync(joined).ConfigureAwait(false);
            Joined(joined.Member);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            _desk = null;
        }
    }

    /// <summary>False when the node is told to stop.</summary>
    private async Task<bool> LiveAsync(DataDirectory directory, Founding founding, string advertised, CancellationToken stop)
    {
        var store = await _devices.Stores.OpenAsync(directory.Identity.StoreNumber).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            if (StateReader.Cluster(store) is { } cluster)
            {
                FixedOptions.Require(_options, cluster);
            }

            var digests = new DigestBook(directory.Identity.Member);
            var state = new StateMachine(store, digests.Note);
            var budget = StorageBudget.For(await _devices.Disk.GetSpaceAsync().ConfigureAwait(false), _options.FlushLogBytes);
            var ballot = await BallotFile.OpenAsync(_devices.Disk, directory.Identity.IsBegun).ConfigureAwait(false);
            var log = await OpenLogAsync(directory, founding, state, store, budget, stop).ConfigureAwait(false);
            await using (log.ConfigureAwait(false))
            {
                var life = new NodeLife(_options, _devices, directory, advertised, store, state, log, ballot, budget, digests);
                return await LiveAsync(life, stop).ConfigureAwait(false);
            }
        }
    }

    private async Task<RaftLog> OpenLogAsync(
        DataDirectory directory, Founding founding, StateMachine state, IStateStore store, StorageBudget budget, CancellationToken stop)
    {
        var time = _devices.Time;
        long began = time.GetTimestamp();
        var opening = new LogOpening(_devices.Disk, directory, founding, budget, time, _devices.Logs.CreateLogger<LogOpening>());
        var log = await opening.OpenAsync(state.Applied, StateReader.Members(store), stop).ConfigureAwait(false);
        Replayed(log.Replayed.Last.Index, store.AppliedIndex, time.GetElapsedTime(began), log.Recovery.BytesCut, log.Replayed.Ignored);
        return log;
    }

    private async Task<bool> LiveAsync(NodeLife life, CancellationToken stop)
    {
        _life = life;
        _desk = life.Desk;
        if (life.Replica.Seen.Membership.Members.Count != 1)
        {
            _ready.TrySetResult();
        }

        _ = life.Seat.Begun.ContinueWith(_ => _ready.TrySetResult(), TaskScheduler.Default);
        try
        {
            return await life.RunAsync(_broken.Task, stop).ConfigureAwait(false);
        }
        finally
        {
            _life = null;
            _desk = null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Read the log up to entry {Last}, of which {Applied} were applied, in "
        + "{Time}; {Cut} bytes of an incomplete tail and {Ignored} given-up entries were ignored")]
    private partial void Replayed(ulong last, ulong applied, TimeSpan time, long cut, int ignored);

    [LoggerMessage(Level = LogLevel.Information, Message = "Waits to be added to a cluster: say 'dfs admin meta add' there")]
    private partial void WaitsToBeAdded();

    [LoggerMessage(Level = LogLevel.Information, Message = "Joined as metadata node {Member}")]
    private partial void Joined(MemberId member);
}
