using DfsNet.Backups;
using DfsNet.Client;
using DfsNet.Hosting.Drills;
using DfsNet.Hosting.Listening;
using DfsNet.Hosting.Monitoring;
using DfsNet.MetaServer;
using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Storage.Disk;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wire = DfsNet.Protocol.Wire;

namespace DfsNet.Hosting.Nodes;

/// <summary>Composes a metadata server from the machine's disk, clock, randomness and network.</summary>
public static class MetaServerHost
{
    /// <summary>Without metrics, traces and drills.</summary>
    public static Task<NodeHost> StartAsync(MetaServerOptions options, ILoggerFactory logs, CancellationToken cancellation) =>
        StartAsync(options, new MonitorOptions(), new DrillOptions(), logs, cancellation);

    public static async Task<NodeHost> StartAsync(
        MetaServerOptions options, MonitorOptions monitor, DrillOptions drills, ILoggerFactory logs, CancellationToken cancellation)
    {
        options.Validate();
#pragma warning disable RS0030 // composition root: here the machine's clock and randomness enter
        var time = TimeProvider.System;
        // The shared one, because nodes draw from several threads.
        var random = Random.Shared;
#pragma warning restore RS0030
        var disk = new LocalDisk(options.Data);
        await disk.CreateDirectoryAsync("").ConfigureAwait(false);
        var connections = new GrpcConnections();
        var stores = new RocksDbStateStores(options.Data, new RocksDbStateStoreOptions());
        var server = new MetaNode(options, disk, stores, OpenShelfAsync, connections, time, random, logs);
        var watched = await NodeMonitor.StartAsync(
            monitor,
            "dfs meta-server",
            meter => MetaServerMeters.Describe(meter, () => server.Figures),
            () => server.WhyNotReady,
            logs,
            cancellation).ConfigureAwait(false);
        var node = new Connected(server, connections, watched);
        var target = drills.AllowDrills ? new DrillTarget([], random, logs) : null;
        var listener = await NodeListener.StartAsync(
            node,
            ListenAddress.Parse(options.Listen),
            services => DrillTarget.Add(target, services).AddSingleton(node.Server.MetadataService).AddSingleton(node.Server.ClusterService)
                .AddSingleton(node.Server.ConsensusService).AddSingleton(node.Server.MembersService)
                .AddSingleton(node.Server.OperationService),
            endpoints =>
            {
                endpoints.MapGrpcService<Wire.Metadata.MetadataBase>();
                endpoints.MapGrpcService<Wire.Cluster.ClusterBase>();
                endpoints.MapGrpcService<Wire.Consensus.ConsensusBase>();
                endpoints.MapGrpcService<Wire.Members.MembersBase>();
                endpoints.MapGrpcService<Wire.Operation.OperationBase>();
                DrillTarget.Map(target, endpoints);
            },
            time,
            logs,
            cancellation).ConfigureAwait(false);
        string advertised = AdvertisedAt(options, listener.Address);
        return new NodeHost(listener, advertised, node, node.Server.Ready, stop => node.Server.RunAsync(advertised, stop), time);

        Task<IBackupShelf> OpenShelfAsync(IReadOnlyList<string> addresses, CancellationToken ending) => BackupShelf.OpenAsync(
            (mark, token) => DfsClient.ConnectAsync(
                new DfsClientOptions { MetadataAddresses = addresses, ClientName = "backups of the metadata", BackupMark = mark },
                connections,
                new GrpcBulkTransport(connections),
                time,
                random,
                logs,
                token),
            ending);
    }

    private static string AdvertisedAt(MetaServerOptions options, ListenAddress listening) =>
        options.Advertise.Length == 0 ? listening.ToString() : options.Advertise;

    /// <summary>A metadata server and the connections made for it alone.</summary>
    private sealed class Connected(MetaNode server, GrpcConnections connections, NodeMonitor monitor) : IAsyncDisposable
    {
        public MetaNode Server { get; } = server;

        public async ValueTask DisposeAsync()
        {
            await monitor.DisposeAsync().ConfigureAwait(false);
            await Server.DisposeAsync().ConfigureAwait(false);
            connections.Dispose();
        }
    }
}
