using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer;

/// <summary>What is fixed when a cluster is created: chunks and files were made by these values.</summary>
internal static class FixedOptions
{
    /// <summary>Of a new cluster of which nothing is said.</summary>
    public const int ReplicationDefault = 3;

    private const int MinReplicasDefault = 2;

    /// <summary>A new cluster, with these values or the usual ones.</summary>
    public static Bootstrap NewCluster(MetaServerOptions options, ulong clusterId)
    {
        int replication = options.Replication ?? ReplicationDefault;
        return new Bootstrap
        {
            ClusterId = clusterId,
            Replication = (uint)replication,
            MinReplicas = (uint)Math.Min(options.MinReplicas ?? MinReplicasDefault, replication),
            ChunkSize = (uint)(options.ChunkSize ?? Limits.ChunkSizeMax),
            FeatureLevel = FeatureLevels.Newest,
        };
    }

    /// <summary>Other values, taken or passed over in silence, would surprise later; where nothing is said, it is as it is.</summary>
    /// <exception cref="DfsException">Refused: this server was started with other values than its cluster has.</exception>
    public static void Require(MetaServerOptions options, ClusterRecord cluster)
    {
        bool isOther = Differs(options.Replication, cluster.Replication)
            || (options.MinReplicas is { } least && Differs(Math.Min(least, (int)cluster.Replication), cluster.MinReplicas))
            || Differs(options.ChunkSize, cluster.ChunkSize);
        if (isOther)
        {
            throw new DfsException(
                ErrorCode.Refused,
                "meta-server: options",
                $"the cluster in {options.Data} was created with --replication {cluster.Replication} --min-replicas {cluster.MinReplicas} "
                    + $"--chunk-size {cluster.ChunkSize}, which are fixed; start it with these, or without them");
        }
    }

    private static bool Differs(int? given, uint kept) => given is { } number && number != kept;
}
