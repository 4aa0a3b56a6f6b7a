using DfsNet.ChunkServer;
using DfsNet.Hosting.Drills;
using DfsNet.Hosting.Listening;
using DfsNet.Hosting.Monitoring;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DfsNet.Hosting.Nodes;

/// <summary>Composes a chunk server from the machine's disks, clock, randomness and network.</summary>
public static class ChunkServerHost
{
    /// <summary>Without metrics, traces and drills.</summary>
    public static Task<NodeHost> StartAsync(
        ChunkServerPlace place, ChunkServerOptions options, ILoggerFactory logs, CancellationToken cancellation) =>
        StartAsync(place, options, new MonitorOptions(), new DrillOptions(), logs, cancellation);

    public static async Task<NodeHost> StartAsync(
        ChunkServerPlace place,
        ChunkServerOptions options,
        MonitorOptions monitor,
        DrillOptions drills,
        ILoggerFactory logs,
        CancellationToken cancellation)
    {
        options.Validate();
        place.Validate();
#pragma warning disable RS0030 // composition root: here the machine's clock and randomness enter
        var time = TimeProvider.System;
        // The shared one, because nodes draw from several threads.
        var random = Random.Shared;
#pragma warning restore RS0030
        var volumes = new List<IDisk>();
        foreach (string directory in place.Data)
        {
            var disk = new LocalDisk(directory);
            volumes.Add(drills.AllowDrills ? new DisturbedDisk(disk, time) : disk);
        }

        var target = drills.AllowDrills ? new DrillTarget(volumes.OfType<DisturbedDisk>(), random, logs) : null;
        var connections = new GrpcConnections();
        var server = new ChunkNode(options, volumes, time, random, connections, logs);
        var watched = await NodeMonitor.StartAsync(
            monitor,
            "dfs chunk-server",
            meter => ChunkServerMeters.Describe(meter, () => server.Figures),
            () => server.Ready.IsCompletedSuccessfully ? null : "starting, or not registered yet",
            logs,
            cancellation).ConfigureAwait(false);
        var node = new Connected(server, connections, watched);
        var listener = await NodeListener.StartAsync(
            node,
            ListenAddress.Parse(place.Listen),
            services => DrillTarget.Add(target, services).AddSingleton(node.Server.ChunkService).AddSingleton(node.Server.ChunkDataService),
            endpoints =>
            {
                endpoints.MapGrpcService<Chunk.ChunkBase>();
                endpoints.MapGrpcService<ChunkData.ChunkDataBase>();
                DrillTarget.Map(target, endpoints);
            },
            time,
            logs,
            cancellation).ConfigureAwait(false);
        string advertised = place.AdvertisedAt(listener.Address.Port);
        return new NodeHost(listener, advertised, node, node.Server.Ready, stop => node.Server.RunAsync(advertised, stop), time);
    }

    /// <summary>A chunk server and the connections made for it alone.</summary>
    private sealed class Connected(ChunkNode server, GrpcConnections connections, NodeMonitor monitor) : IAsyncDisposable
    {
        public ChunkNode Server { get; } = server;

        public async ValueTask DisposeAsync()
        {
            await monitor.DisposeAsync().ConfigureAwait(false);
            await Server.DisposeAsync().ConfigureAwait(false);
            connections.Dispose();
        }
    }
}
