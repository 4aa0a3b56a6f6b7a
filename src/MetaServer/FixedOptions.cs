using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer;

/// <summary>What is fixed when a cluster is created: chunks and files were made by these values.</summary>
internal static class FixedOptions
{
    /// <summary>Other values, taken or passed over in silence, would surprise later.</summary>
    /// <exception cref="DfsException">Refused: this server was started with other values than its cluster has.</exception>
    public static void Require(MetaServerOptions options, ClusterRecord cluster)
    {
        int least = Math.Min(options.MinReplicas, options.Replication);
        if ((cluster.Replication, cluster.MinReplicas, cluster.ChunkSize) != (options.Replication, least, options.ChunkSize))
        {
            throw new DfsException(
                ErrorCode.Refused,
                "meta-server: options",
                $"the cluster in {options.Data} was created with --replication {cluster.Replication} --min-replicas {cluster.MinReplicas} "
                    + $"--chunk-size {cluster.ChunkSize}, which are fixed; start it with these");
        }
    }
}
