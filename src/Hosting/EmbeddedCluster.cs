using DfsNet.ChunkServer;
using DfsNet.Hosting.Nodes;
using DfsNet.MetaServer;
using Microsoft.Extensions.Logging;

namespace DfsNet.Hosting;

/// <summary>A metadata server and some chunk servers in this process, each behind its own listener on the loopback interface.</summary>
public sealed class EmbeddedCluster : IAsyncDisposable
{
    private readonly EmbeddedClusterOptions _options;
    private readonly ILoggerFactory _logs;
    private readonly NodeHost?[] _chunkServers;

    private EmbeddedCluster(EmbeddedClusterOptions options, ILoggerFactory logs, NodeHost metaServer)
    {
        _options = options;
        _logs = logs;
        MetaServer = metaServer;
        _chunkServers = new NodeHost?[options.ChunkServers];
    }

    public NodeHost MetaServer { get; }

    /// <summary>Those that run, by number from 0.</summary>
    public IEnumerable<NodeHost> ChunkServers => _chunkServers.OfType<NodeHost>();

    /// <summary>Returns when every server serves.</summary>
    public static async Task<EmbeddedCluster> StartAsync(
        EmbeddedClusterOptions options, ILoggerFactory logs, CancellationToken cancellation)
    {
        var metaOptions = (options.MetaServer ?? new MetaServerOptions { Data = "" }) with
        {
            Data = Path.Combine(options.Data, "meta"),
            Listen = options.Listen,
            Replication = options.Replication,
            MinReplicas = Math.Min(2, options.Replication),
        };
        var cluster = new EmbeddedCluster(
            options, logs, await MetaServerHost.StartAsync(metaOptions, logs, cancellation).ConfigureAwait(false));
        bool started = false;
        try
        {
            await cluster.MetaServer.WaitReadyAsync(cancellation).ConfigureAwait(false);
            await Task.WhenAll(
                Enumerable.Range(0, options.ChunkServers).Select(number => cluster.StartChunkServerAsync(number, cancellation)))
                .ConfigureAwait(false);
            started = true;
            return cluster;
        }
        finally
        {
            if (!started)
            {
                await cluster.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Starts the chunk server with this number, for the first time or again, and returns when it is registered.</summary>
    public async Task StartChunkServerAsync(int number, CancellationToken cancellation)
    {
        var place = new ChunkServerPlace
        {
            Data = [Path.Combine(_options.Data, $"chunks-{number + 1}")],
            Listen = "127.0.0.1:0",
        };
        var options = (_options.ChunkServer ?? new ChunkServerOptions { MetaServers = [] }) with
        {
            MetaServers = [MetaServer.Address],
            // All live on one host, so the host cannot be the domain.
            Domain = $"server-{number + 1}",
        };
        var host = await ChunkServerHost.StartAsync(place, options, _logs, cancellation).ConfigureAwait(false);
        _chunkServers[number] = host;
        await host.WaitReadyAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>See <see cref="NodeHost.KillAsync"/>.</summary>
    public async Task KillChunkServerAsync(int number)
    {
        if (Interlocked.Exchange(ref _chunkServers[number], null) is { } host)
        {
            await host.KillAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Throws when a server had to stop for a reason of its own.</summary>
    public async Task WatchAsync(CancellationToken cancellation)
    {
        var first =
            await Task.WhenAny(ChunkServers.Append(MetaServer).Select(host => host.Completion)).WaitAsync(cancellation).ConfigureAwait(
                false);
        await first.ConfigureAwait(false);
    }

    /// <summary>Stops the chunk servers first: they say good-bye to a metadata server that still listens.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(ChunkServers.Select(host => host.DisposeAsync().AsTask())).ConfigureAwait(false);
        await MetaServer.DisposeAsync().ConfigureAwait(false);
    }
}
