using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Maps slices into a file, at offsets or at its end.</summary>
internal static class CommitRules
{
    public static CommandResult Apply(CommandContext context, Commit command)
    {
        var inode = new InodeId(command.Inode);
        var record = Inodes.RequireFile(context, inode);
        Conditions.RequireInode(context, command.Condition, inode, $"inode {inode}");
        var map = SliceMap.Open(context, new MapId(record.MapId));
        return FileContent.Commit(context, inode, map, command.AtEnd ? map.Length : 0, command.Slices, command.Chunks);
    }
}
