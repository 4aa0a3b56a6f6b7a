using DfsNet.ChunkServer.Cluster;
using DfsNet.ChunkServer.Maintenance;
using DfsNet.ChunkServer.Reading;
using DfsNet.ChunkServer.Replication;
using DfsNet.ChunkServer.Services;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer;

/// <summary>A chunk server as a plain object: everything it touches comes through the constructor.</summary>
public sealed partial class ChunkNode : IAsyncDisposable
{
    // Running reads are few and short; looking often costs nothing.
    private static readonly TimeSpan StopPoll = TimeSpan.FromMilliseconds(20);

    // A source may be asked by several targets that have chosen it as their second.
    private const int CopiesFromHerePerCopyHere = 4;

    private readonly ChunkServerOptions _options;
    private readonly IReadOnlyList<IDisk> _disks;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly IConnections _connections;
    private readonly ILoggerFactory _logs;
    private readonly ILogger<ChunkNode> _log;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopAppends = new();
    private readonly CancellationTokenSource _stopReads = new();
    private readonly VolumeSet _volumes = new();
    private readonly VolumeGauges _gauges = new();
    private readonly OrderTerms _terms = new();
    private readonly Scrubbing _scrubbing = new();
    private readonly BackgroundPace _pace;
    private readonly AppendAcceptor _appends;
    private readonly CallSlots _reads;
    private volatile NodeIdentity _identity = NodeIdentity.Unknown;
    private volatile SeenHistory _seen = new();

    public ChunkNode(
        ChunkServerOptions options,
        IReadOnlyList<IDisk> volumes,
        TimeProvider time,
        Random random,
        IConnections connections,
        ILoggerFactory logs)
        : this(options, volumes, time, random, connections, new GrpcBulkTransport(connections), logs)
    {
    }

    /// <summary>With another way for bulk bytes than gRPC.</summary>
    public ChunkNode(
        ChunkServerOptions options,
        IReadOnlyList<IDisk> volumes,
        TimeProvider time,
        Random random,
        IConnections connections,
        IBulkTransport bulk,
        ILoggerFactory logs)
    {
        options.Validate();
        _options = options;
        _disks = volumes;
        _time = time;
        _random = random;
        _connections = connections;
        _logs = logs;
        _log = logs.CreateLogger<ChunkNode>();
        var edge = new RpcEdge(logs.CreateLogger<RpcEdge>());
        _pace = new BackgroundPace(time);
        _gauges.ScrubOf = _scrubbing.StatusOf;
        var context = new ChainContext(() => _identity, _volumes, bulk, connections, _pace, time, options);
        _appends = new AppendAcceptor(context, logs.CreateLogger<AppendAcceptor>());
        _reads = new CallSlots("read", options.ReadsMax);
        var copier = new ReplicaCopier(_volumes, bulk, _pace, time, logs.CreateLogger<ReplicaCopier>());
        var copies = new CallSlots("copy", options.CopiesMax);
        var backups = new BackupList(_volumes, () => _identity, () => _seen.Furthest.Incarnation);
        ChunkService = new ChunkService(_volumes, copier, _terms, backups, _pace, _reads, copies, edge, _stopAppends.Token);
        ChunkDataService = new ChunkDataService(
            _appends,
            new RangeReader(_volumes, _pace, time),
            _reads,
            new CallSlots("read for a copy", options.CopiesMax * CopiesFromHerePerCopyHere),
            edge,
            time,
            new StopTokens(_stopAppends.Token, _stopReads.Token));
    }

    public Chunk.ChunkBase ChunkService { get; }

    public ChunkData.ChunkDataBase ChunkDataService { get; }

    /// <summary>How it is at this moment.</summary>
    public ChunkFigures Figures => new(_appends.Active, _reads.Taken, _gauges.Statuses());

    /// <summary>Completes when a metadata server has registered this server; faults when it or a data directory refuses.</summary>
    public Task Ready => _ready.Task;

    /// <summary>
    /// Opens the volumes, registers, serves and sends heartbeats until <paramref name="cancellation"/> fires; then stops in good order.
    /// </summary>
    /// <param name="advertisedAddress">host:port at which clients and peers reach this server.</param>
    public async Task RunAsync(string advertisedAddress, CancellationToken cancellation)
    {
        try
        {
            var directories = await DataDirectories.OpenAsync(
                _disks, _options.NewVolume, _random, _logs.CreateLogger<DataDirectories>()).ConfigureAwait(false);
            await using (directories.ConfigureAwait(false))
            {
                try
                {
                    await ServeAsync(directories, advertisedAddress, cancellation).ConfigureAwait(false);
                }
                finally
                {
                    await StopAsync(directories).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            _ready.TrySetCanceled(cancellation);
        }
        catch (DiskException error)
        {
            var failure = new DfsException(
                error.Failure == DiskFailure.Full ? ErrorCode.OutOfSpace : ErrorCode.VolumeFailed,
                $"chunk server: {error.Operation}",
                $"a data directory cannot be used: {error.Message}",
                error);
            FailReady(failure);
            throw failure;
        }
        catch (Exception error) when (FailReady(error))
        {
            throw;
        }
    }

    /// <summary>Ends every stream. Volumes and directories are closed by <see cref="RunAsync"/> itself when it ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopAppends.CancelAsync().ConfigureAwait(false);
        await _stopReads.CancelAsync().ConfigureAwait(false);
    }

    private bool FailReady(Exception error)
    {
        _ready.TrySetException(error);
        return true;
    }

    private async Task ServeAsync(DataDirectories directories, string address, CancellationToken cancellation)
    {
        string version = typeof(ChunkNode).Assembly.GetName().Version?.ToString(3) ?? "";
        var membership = new Membership(directories, _gauges, _options, address, version, (ulong)_random.NextInt64(1, long.MaxValue));
        var opener = new VolumeOpener(directories, _gauges, _options, _time, _logs);
        var load = new ServerLoad(() => _appends.Active, () => _reads.Taken);
        var presence = new Presence(
            membership, _gauges, _volumes, _terms, _scrubbing, load, _options, _connections, _time, _random, _logs);
        _seen = directories.Seen;
        await opener.AnnounceAsync().ConfigureAwait(false);
        bool isNew = directories.Identity == NodeIdentity.Unknown;
        if (isNew)
        {
            await presence.RegisterAsync(cancellation).ConfigureAwait(false);
        }

        var opened = await opener.OpenAsync(cancellation).ConfigureAwait(false);
        _volumes.Set(opened, isComplete: directories.Missing.Count == 0 && opened.Count == directories.Present.Count);
        _identity = directories.Identity;
        if (!isNew)
        {
            await presence.RegisterAsync(cancellation).ConfigureAwait(false);
        }

        Started(_identity.Server.Value, address, _volumes.All.Count);
        _ready.TrySetResult();
        await presence.RunAsync(directories, over => _scrubbing.RunAsync(ScrubbersOf(directories), over), cancellation)
            .ConfigureAwait(false);
    }

    private Dictionary<VolumeId, Scrubber> ScrubbersOf(DataDirectories directories) => _volumes.All.ToDictionary(
        volume => volume.Id,
        volume => new Scrubber(
            volume,
            directories.Present.Single(directory => directory.Record.Volume == volume.Id).Disk,
            _pace,
            _options.ScrubPeriod,
            _time,
            _logs.CreateLogger<Scrubber>()));

    private async Task StopAsync(DataDirectories directories)
    {
        await _stopAppends.CancelAsync().ConfigureAwait(false);
        long began = _time.GetTimestamp();
        while (_reads.Taken + _appends.Active > 0 && _time.GetElapsedTime(began) < _options.StopTimeout)
        {
            await Task.Delay(StopPoll, _time).ConfigureAwait(false);
        }

        await _stopReads.CancelAsync().ConfigureAwait(false);
        var volumes = _volumes.Close();

        // At once: a disk that hangs must not keep the others from coming to rest.
        await Task.WhenAll(volumes.Select(volume => volume.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Patience.WaitAsync(directories.StoreSeenAsync(), Patience.AtStop, _time).ConfigureAwait(false);
        Stopped(_identity.Server.Value);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Chunk server {Server} at {Address} started with {Volumes} volumes")]
    private partial void Started(ulong server, string address, int volumes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Chunk server {Server} stopped")]
    private partial void Stopped(ulong server);
}
