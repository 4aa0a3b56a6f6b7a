using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer;

/// <summary>
/// One metadata server: a plain object that a process, a test or the simulator runs. The store is opened once, after the
/// data directory is locked and its identity is checked.
/// </summary>
public sealed class MetaNode : IAsyncDisposable
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MetaNode(
        MetaServerOptions options,
        IDisk disk,
        Func<ValueTask<IStateStore>> openStore,
        TimeProvider time,
        Random random,
        ILoggerFactory logs)
    {
        options.Validate();
        MetadataService = new StoppedMetadata();
        ClusterService = new StoppedCluster();
    }

    /// <summary>What clients call; answers UNAVAILABLE before <see cref="Ready"/> and after the end.</summary>
    public Metadata.MetadataBase MetadataService { get; }

    /// <summary>What chunk servers call.</summary>
    public Protocol.Wire.Cluster.ClusterBase ClusterService { get; }

    /// <summary>Completes when the node serves; faults when it cannot start.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Runs until cancelled; throws a <see cref="DfsException"/> when the node must stop (a failed flush, a damaged log).</summary>
    public Task RunAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class StoppedMetadata : Metadata.MetadataBase;

    private sealed class StoppedCluster : Protocol.Wire.Cluster.ClusterBase;
}
