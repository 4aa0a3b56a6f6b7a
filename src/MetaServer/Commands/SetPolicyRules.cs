using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>
/// Says how many replicas what is created below a directory gets, or the chunks of a file are to have: a step of so many slices, the rest
/// with the next call.
/// </summary>
internal static class SetPolicyRules
{
    private const uint ReplicationMax = 10;
    private const int SlicesMax = 1_000;

    public static CommandResult Apply(CommandContext context, SetPolicy command)
    {
        if (context.Cluster!.FeatureLevel < FeatureLevels.Repair)
        {
            throw Refusal.Because(ErrorCode.Unsupported, FeatureLevels.NotYet);
        }

        if (command.Replication is 0 or > ReplicationMax)
        {
            throw Refusal.Because(ErrorCode.InvalidArgument, $"{command.Replication} replicas are not between 1 and {ReplicationMax}");
        }

        var (inode, record) = PathWalk.FindInode(context.State, PathName.Parse(command.Target));
        if (record.Replication != command.Replication)
        {
            record.Replication = command.Replication;
            record.ChangedUnixMs = context.StampUnixMs;
            context.State.Put(Keys.Inode(inode), record);
        }

        return record.Kind == FileKind.File
            ? Follow(context, inode, new MapId(record.MapId), command)
            : new CommandResult { Inode = inode.Value };
    }

    private static CommandResult Follow(CommandContext context, InodeId inode, MapId map, SetPolicy command)
    {
        int steps = 0;
        foreach (var (key, slice) in context.State.Scan(Keys.SlicesFrom(map, command.FromOffset)).ToList())
        {
            if (steps++ == SlicesMax)
            {
                return new CommandResult { Inode = inode.Value, More = true, FileOffset = Keys.IdAt(key, 1) };
            }

            ChunkLedger.Follow(context, new ChunkId(slice.ChunkId), map, command.Replication);
        }

        return new CommandResult { Inode = inode.Value };
    }
}
