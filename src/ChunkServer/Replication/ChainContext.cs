using DfsNet.ChunkServer.Cluster;
using DfsNet.Protocol.Bulk;

namespace DfsNet.ChunkServer.Replication;

/// <summary>What every append chain of this server shares.</summary>
/// <param name="Identity">Asked at each opening: a fresh server learns who it is when it registers.</param>
internal sealed record ChainContext(
    Func<NodeIdentity> Identity, VolumeSet Volumes, IBulkTransport Bulk, TimeProvider Time, ChunkServerOptions Options);
