using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>Who this server is; None in both until it has registered for the first time.</summary>
internal sealed record NodeIdentity(ClusterId Cluster, ServerId Server)
{
    public static readonly NodeIdentity Unknown = new(ClusterId.None, ServerId.None);
}
