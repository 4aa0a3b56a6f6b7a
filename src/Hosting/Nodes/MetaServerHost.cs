using DfsNet.Hosting.Listening;
using DfsNet.MetaServer;
using DfsNet.MetaServer.Store;
using DfsNet.Storage.Disk;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wire = DfsNet.Protocol.Wire;

namespace DfsNet.Hosting.Nodes;

/// <summary>Composes a metadata server from the machine's disk, clock, randomness and network.</summary>
public static class MetaServerHost
{
    public static async Task<NodeHost> StartAsync(MetaServerOptions options, ILoggerFactory logs, CancellationToken cancellation)
    {
        options.Validate();
#pragma warning disable RS0030 // composition root: here the machine's clock and randomness enter
        var time = TimeProvider.System;
        // The shared one, because nodes draw from several threads.
        var random = Random.Shared;
#pragma warning restore RS0030
        var disk = new LocalDisk(options.Data);
        await disk.CreateDirectoryAsync("").ConfigureAwait(false);
        var node = new MetaNode(options, disk, () => OpenStoreAsync(options), time, random, logs);
        var listener = await NodeListener.StartAsync(
            node,
            ListenAddress.Parse(options.Listen),
            services => services.AddSingleton(node.MetadataService).AddSingleton(node.ClusterService),
            endpoints =>
            {
                endpoints.MapGrpcService<Wire.Metadata.MetadataBase>();
                endpoints.MapGrpcService<Wire.Cluster.ClusterBase>();
            },
            time,
            logs,
            cancellation).ConfigureAwait(false);
        return new NodeHost(listener, listener.Address.ToString(), node, node.Ready, node.RunAsync, time);
    }

    // The node opens the store after it has locked the data directory; the log lies beside it.
    private static async ValueTask<IStateStore> OpenStoreAsync(MetaServerOptions options) =>
        await Task.Run(() => RocksDbStateStore.Open(Path.Combine(options.Data, "store"), new RocksDbStateStoreOptions())).ConfigureAwait(
            false);
}
