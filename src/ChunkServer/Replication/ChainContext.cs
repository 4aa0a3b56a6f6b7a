using DfsNet.ChunkServer.Cluster;
using DfsNet.ChunkServer.Maintenance;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;

namespace DfsNet.ChunkServer.Replication;

/// <summary>What every append chain of this server shares.</summary>
/// <param name="Identity">Asked at each opening: a fresh server learns who it is when it registers.</param>
internal sealed record ChainContext(
    Func<NodeIdentity> Identity, VolumeSet Volumes, IBulkTransport Bulk, IConnections Connections, BackgroundPace Pace, TimeProvider Time,
    ChunkServerOptions Options);
