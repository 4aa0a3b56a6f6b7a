using DfsNet.ChunkServer;
using DfsNet.Hosting.Listening;
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
    public static async Task<NodeHost> StartAsync(
        ChunkServerPlace place, ChunkServerOptions options, ILoggerFactory logs, CancellationToken cancellation)
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
            // Only the directory: whether an empty one may become a volume is the node's decision.
            await disk.CreateDirectoryAsync("").ConfigureAwait(false);
            volumes.Add(disk);
        }

        var connections = new GrpcConnections();
        var node = new Connected(new ChunkNode(options, volumes, time, random, connections, logs), connections);
        var listener = await NodeListener.StartAsync(
            node,
            ListenAddress.Parse(place.Listen),
            services => services.AddSingleton(node.Server.ChunkService).AddSingleton(node.Server.ChunkDataService),
            endpoints =>
            {
                endpoints.MapGrpcService<Chunk.ChunkBase>();
                endpoints.MapGrpcService<ChunkData.ChunkDataBase>();
            },
            time,
            logs,
            cancellation).ConfigureAwait(false);
        string advertised = place.AdvertisedAt(listener.Address.Port);
        return new NodeHost(listener, advertised, node, node.Server.Ready, stop => node.Server.RunAsync(advertised, stop), time);
    }

    /// <summary>A chunk server and the connections made for it alone.</summary>
    private sealed class Connected(ChunkNode server, GrpcConnections connections) : IAsyncDisposable
    {
        public ChunkNode Server { get; } = server;

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync().ConfigureAwait(false);
            connections.Dispose();
        }
    }
}
