using System.Diagnostics;
using DfsNet.Integrity;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Services;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer;

/// <summary>
/// One metadata server: a plain object that a process, a test or the simulator runs. The store is opened once, after the data directory is
/// locked and its identity is checked.
/// </summary>
public sealed partial class MetaNode : IAsyncDisposable
{
    private const uint FeatureLevel = 1;

    // Beside what may wait for the log, room for what the journal is writing.
    private const long JournalQueueBytesMax = 2 * Proposer.QueueBytesMax;

    private readonly MetaServerOptions _options;
    private readonly IDisk _disk;
    private readonly Func<ValueTask<IStateStore>> _openStore;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _disposing = new();
    private Task _running = Task.CompletedTask;
    private volatile Leadership? _lead;

    public MetaNode(
        MetaServerOptions options,
        IDisk disk,
        Func<ValueTask<IStateStore>> openStore,
        TimeProvider time,
        Random random,
        ILoggerFactory logs)
    {
        options.Validate();
        _options = options;
        _disk = disk;
        _openStore = openStore;
        _time = time;
        _random = random;
        _logs = logs;
        _log = logs.CreateLogger<MetaNode>();
        var edge = new RpcEdge(() => _lead is not null, error => _broken.TrySetException(error), logs.CreateLogger<RpcEdge>());
        MetadataService = new MetadataService(edge, Lead);
        ClusterService = new ClusterService(edge, Lead);
    }

    /// <summary>What clients call; answers UNAVAILABLE before <see cref="Ready"/> and after the end.</summary>
    public Metadata.MetadataBase MetadataService { get; }

    /// <summary>What chunk servers call.</summary>
    public Protocol.Wire.Cluster.ClusterBase ClusterService { get; }

    /// <summary>Completes when the node serves; faults when it cannot start.</summary>
    public Task Ready => _ready.Task;

    /// <summary>
    /// Runs until cancelled, then puts everything to rest. Throws a <see cref="DfsException"/> when the node cannot start or must stop: a
    /// failed flush, a damaged log, a directory of another cluster.
    /// </summary>
    public Task RunAsync(CancellationToken cancellation) => _running = RunOnceAsync(cancellation);

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

    private Leadership Lead() =>
        _lead ?? throw new DfsException(ErrorCode.Unavailable, "metadata server", "the metadata server is starting or stopping");

    private async Task RunOnceAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _disposing.Token);
        try
        {
            await StartAndServeAsync(stop.Token).ConfigureAwait(false);
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

    private async Task StartAndServeAsync(CancellationToken stop)
    {
        var directory = await DataDirectory.OpenAsync(_disk, (uint)_options.NodeId, _random).ConfigureAwait(false);
        await using (directory.ConfigureAwait(false))
        {
            var store = await _openStore().ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                await ServeFromAsync(directory, store, stop).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeFromAsync(DataDirectory directory, IStateStore store, CancellationToken stop)
    {
        long began = _time.GetTimestamp();
        var state = new StateMachine(store);
        var budget = StorageBudget.For(await _disk.GetSpaceAsync().ConfigureAwait(false), _options.FlushLogBytes);
        var options = new CommandLogOptions(
            directory.Identity.Cluster.Value, directory.Identity.Bootstrapped, budget.SegmentBytes, JournalQueueBytesMax);
        ulong before = store.AppliedIndex;
        var log = await CommandLog.OpenAsync(
            _disk, options, _time, before, (point, command) => state.Apply(point.Index, command), stop).ConfigureAwait(false);
        await using (log.ConfigureAwait(false))
        {
            Replayed(store.AppliedIndex - before, store.AppliedIndex, _time.GetElapsedTime(began), log.Recovery.BytesCut, log.Ignored);
            ulong term = await directory.BeginTermAsync(log.Last.Term).ConfigureAwait(false);
            if (!directory.Identity.Bootstrapped)
            {
                await BootstrapAsync(directory, state, log, term).ConfigureAwait(false);
            }
            else if (store.AppliedIndex == 0)
            {
                throw LogEntryFormat.Corrupt("log and store are both empty, but the directory was in use before");
            }

            RequireFixedOptions(StateReader.Cluster(store)!);
            await LeadAsync(store, state, log, term, budget, stop).ConfigureAwait(false);
        }
    }

    private async Task BootstrapAsync(DataDirectory directory, StateMachine state, CommandLog log, ulong term)
    {
        if (log.Last.Index == 0)
        {
            var command = new Command
            {
                StampUnixMs = _time.GetUtcNow().ToUnixTimeMilliseconds(),
                Bootstrap = new Bootstrap
                {
                    ClusterId = directory.Identity.Cluster.Value,
                    Replication = (uint)_options.Replication,
                    MinReplicas = (uint)Math.Min(_options.MinReplicas, _options.Replication),
                    ChunkSize = (uint)_options.ChunkSize,
                    FeatureLevel = FeatureLevel,
                },
            };
            var point = new LogPoint(term, 1);
            byte[] head = new byte[LogEntryFormat.HeadBytes];
            LogEntryFormat.WriteHead(head, point);
            log.Mark(point.Index, await log.AppendAsync(head, command.ToByteArray()).ConfigureAwait(false));
            var applied = state.Apply(point.Index, command);
            Invariant.Require(applied.Result.Error == ErrorCode.Unspecified, $"bootstrap was refused: {applied.Result.Message}");
        }

        await directory.SetBootstrappedAsync().ConfigureAwait(false);
    }

    private async Task LeadAsync(
        IStateStore store, StateMachine state, CommandLog log, ulong term, StorageBudget budget, CancellationToken stop)
    {
        var space = new SpaceWatch(_disk, _options.SpaceReserveBytes, _time);
        await space.LookAsync().ConfigureAwait(false);
        var lead = new Leadership(_options, store, state, log, space, budget, _time, _random, _logs);
        lead.Load();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var proposing = lead.Proposer.RunAsync(log, term);
        Task[] loops =
            [proposing, .. lead.Run(ending.Token), lead.Flusher.RunAsync(ending.Token), space.RunAsync(ending.Token), _broken.Task];
        _lead = lead;
        Began(term, store.AppliedIndex);
        _ready.TrySetResult();
        try
        {
            await WaitForEndAsync(loops, ending.Token).ConfigureAwait(false);
        }
        finally
        {
            _lead = null;
            lead.Proposer.Stop();
            await ending.CancelAsync().ConfigureAwait(false);
            if (!await Patience.WaitAsync(SettleAsync(loops[..^1]), Patience.AtStop, _time).ConfigureAwait(false))
            {
                // What is in the log's hands fails when the log is closed, and is never applied here.
                GivenUp(Patience.AtStop);
            }

            lead.Proposer.RefuseWaiting();
        }

        await Patience.WaitAsync(lead.Flusher.TryFlushAsync(), Patience.AtStop, _time).ConfigureAwait(false);
        Ended(store.AppliedIndex);
    }

    /// <summary>Chunks and files were made by these values: others, taken or passed over in silence, would surprise later.</summary>
    private void RequireFixedOptions(ClusterRecord cluster)
    {
        int least = Math.Min(_options.MinReplicas, _options.Replication);
        if ((cluster.Replication, cluster.MinReplicas, cluster.ChunkSize) != (_options.Replication, least, _options.ChunkSize))
        {
            throw new DfsException(
                ErrorCode.Refused,
                "meta-server: options",
                $"the cluster in {_options.Data} was created with --replication {cluster.Replication} --min-replicas {cluster.MinReplicas} "
                    + $"--chunk-size {cluster.ChunkSize}, which are fixed; start it with these");
        }
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Replayed {Entries} entries up to {Index} in {Time}; {Cut} bytes of an "
        + "incomplete tail and {Ignored} given-up entries were ignored")]
    private partial void Replayed(ulong entries, ulong index, TimeSpan time, long cut, int ignored);

    [LoggerMessage(Level = LogLevel.Information, Message = "Began to serve in term {Term} at entry {Index}")]
    private partial void Began(ulong term, ulong index);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Did not come to rest within {Limit}: the metadata disk hangs")]
    private partial void GivenUp(TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped at entry {Index}")]
    private partial void Ended(ulong index);
}
