using DfsNet.ChunkServer;
using DfsNet.Hosting.Listening;
using DfsNet.Hosting.Nodes;
using DfsNet.MetaServer;
using Microsoft.Extensions.Logging;

namespace DfsNet.Hosting;

/// <summary>
/// One metadata server or several, and some chunk servers, in this process, each behind its own listener on the loopback interface.
/// </summary>
public sealed class EmbeddedCluster : IAsyncDisposable
{
    private readonly EmbeddedClusterOptions _options;
    private readonly ILoggerFactory _logs;
    private readonly NodeHost?[] _metaServers;
    private readonly NodeHost?[] _chunkServers;

    private EmbeddedCluster(EmbeddedClusterOptions options, ILoggerFactory logs)
    {
        _options = options;
        _logs = logs;
        _metaServers = new NodeHost?[options.MetaServers];
        _chunkServers = new NodeHost?[options.ChunkServers];
    }

    /// <summary>The first of them that runs.</summary>
    public NodeHost MetaServer => MetaServers.First();

    /// <summary>Those that run, by number from 0.</summary>
    public IEnumerable<NodeHost> MetaServers => _metaServers.OfType<NodeHost>();

    /// <summary>Where each metadata server is reached, by number from 0.</summary>
    public IReadOnlyList<string> MetaAddresses { get; private set; } = [];

    /// <summary>Those that run, by number from 0.</summary>
    public IEnumerable<NodeHost> ChunkServers => _chunkServers.OfType<NodeHost>();

    /// <summary>Returns when every server serves.</summary>
    public static async Task<EmbeddedCluster> StartAsync(
        EmbeddedClusterOptions options, ILoggerFactory logs, CancellationToken cancellation)
    {
        var cluster = new EmbeddedCluster(options, logs);
        bool started = false;
        try
        {
            cluster.MetaAddresses = AddressesOf(options);
            await Task.WhenAll(
                Enumerable.Range(0, options.MetaServers).Select(number => cluster.StartMetaServerAsync(number, cancellation)))
                .ConfigureAwait(false);
            if (options.MetaServers == 1)
            {
                cluster.MetaAddresses = [cluster.MetaServer.Address];
            }

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

    /// <summary>Starts the metadata server with this number, for the first time or again, and returns when it takes part.</summary>
    public async Task StartMetaServerAsync(int number, CancellationToken cancellation)
    {
        string address = MetaAddresses[number];
        var options = (_options.MetaServer ?? new MetaServerOptions { Data = "" }) with
        {
            Data = Path.Combine(_options.Data, number == 0 ? "meta" : $"meta-{number + 1}"),
            Listen = address,
            Peers = _options.MetaServers == 1 ? [] : MetaAddresses,
            Replication = _options.Replication,
        };
        var host = await MetaServerHost.StartAsync(options, _logs, cancellation).ConfigureAwait(false);
        _metaServers[number] = host;
        await host.WaitReadyAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>See <see cref="NodeHost.KillAsync"/>.</summary>
    public async Task KillMetaServerAsync(int number)
    {
        if (Interlocked.Exchange(ref _metaServers[number], null) is { } host)
        {
            await host.KillAsync().ConfigureAwait(false);
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
            MetaServers = MetaAddresses,
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
            await Task.WhenAny(ChunkServers.Concat(MetaServers).Select(host => host.Completion)).WaitAsync(cancellation).ConfigureAwait(
                false);
        await first.ConfigureAwait(false);
    }

    /// <summary>Stops the chunk servers first: they say good-bye to metadata servers that still listen.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(ChunkServers.Select(host => host.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Task.WhenAll(MetaServers.Select(host => host.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private static IReadOnlyList<string> AddressesOf(EmbeddedClusterOptions options)
    {
        if (options.MetaAddresses.Count > 0 || options.MetaServers == 1)
        {
            return options.MetaAddresses.Count > 0 ? options.MetaAddresses : [options.Listen];
        }

        var first = ListenAddress.Parse(options.Listen);
        var ports = first.Port == 0 ? FreePorts.Take(options.MetaServers) : [.. Enumerable.Range(first.Port, options.MetaServers)];
        return [.. ports.Select(port => first.WithPort(port).ToString())];
    }
}
