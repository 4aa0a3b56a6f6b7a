using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer;

/// <summary>A chunk server as a plain object: everything it touches comes through the constructor.</summary>
public sealed class ChunkNode : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ChunkNode(
        ChunkServerOptions options,
        IReadOnlyList<IDisk> volumes,
        TimeProvider time,
        Random random,
        IConnections connections,
        ILoggerFactory logs)
    {
        options.Validate();
        _time = time;
        ChunkService = new Services.ChunkService();
        ChunkDataService = new Services.ChunkDataService();
    }

    public Chunk.ChunkBase ChunkService { get; }

    public ChunkData.ChunkDataBase ChunkDataService { get; }

    /// <summary>Completes when a metadata server has registered this server; faults when it or a data directory refuses.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Opens the volumes, registers, serves and sends heartbeats until <paramref name="cancellation"/> fires; then stops in good order.</summary>
    /// <param name="advertisedAddress">host:port at which clients and peers reach this server.</param>
    public Task RunAsync(string advertisedAddress, CancellationToken cancellation) =>
        Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
