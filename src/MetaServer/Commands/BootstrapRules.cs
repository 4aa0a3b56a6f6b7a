using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Begins a cluster: its identity and policy, the counters, the root directory.</summary>
internal static class BootstrapRules
{
    private const uint FeatureLevelFirst = 1;

    // More copies than this help nobody, and one command writes a row for each.
    private const uint ReplicationMax = 16;

    public static CommandResult Apply(CommandContext context, Bootstrap command)
    {
        if (context.Cluster is { } cluster)
        {
            return cluster.ClusterId == command.ClusterId
                ? new CommandResult()
                : throw Refusal.Because(ErrorCode.WrongCluster, $"this is cluster {new ClusterId(cluster.ClusterId)} already");
        }

        RequireSensible(command);
        context.State.Put(Keys.Cluster, new ClusterRecord
        {
            ClusterId = command.ClusterId,
            Incarnation = 1,
            Replication = command.Replication,
            MinReplicas = command.MinReplicas,
            ChunkSize = command.ChunkSize,
            FeatureLevel = Math.Max(command.FeatureLevel, FeatureLevelFirst),
        });
        context.Counters.NextInode = InodeId.Root.Value + 1;
        context.Counters.NextMap = 1;
        context.Counters.NextChunk = 1;
        context.Counters.NextSession = 1;
        context.Counters.NextServer = 1;
        context.Counters.Directories = 1;
        context.State.Put(Keys.Inode(InodeId.Root), new InodeRecord
        {
            Kind = FileKind.Directory,
            Mode = Inodes.DirectoryModeDefault,
            Links = 1,
            ModifiedUnixMs = context.StampUnixMs,
            ChangedUnixMs = context.StampUnixMs,
            Replication = command.Replication,
        });
        return new CommandResult { Inode = InodeId.Root.Value };
    }

    private static void RequireSensible(Bootstrap command)
    {
        bool isChunkSize = command.ChunkSize is > 0 and <= Limits.ChunkSizeMax && command.ChunkSize % Limits.BlockSize == 0;
        bool isPolicy = command.Replication is >= 1 and <= ReplicationMax
            && command.MinReplicas >= 1 && command.MinReplicas <= command.Replication;
        if (command.ClusterId == 0 || !isChunkSize || !isPolicy)
        {
            throw Refusal.Because(
                ErrorCode.InvalidArgument,
                $"cluster {command.ClusterId:x}, replication {command.Replication}, min-replicas {command.MinReplicas}, "
                    + $"chunk size {command.ChunkSize}: not a cluster's settings");
        }
    }
}
