using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Gives a staged file its name, together with the last of its slices; a file of that name is replaced.</summary>
internal static class LinkStagedRules
{
    public static CommandResult Apply(CommandContext context, LinkStaged command)
    {
        var inode = new InodeId(command.Inode);
        if (!context.State.Has(Keys.Staged(context.Session, inode)))
        {
            throw Refusal.Because(ErrorCode.NotOwner, $"inode {inode} is not staged by session {context.Session}");
        }

        var path = PathName.Parse(command.Target);
        var place = DirectoryEntries.FindPlace(context, path, command.MakeParents);
        Conditions.RequireName(context, command.Condition, place);
        if (place.Entry is { Kind: FileKind.Directory })
        {
            throw path.Refuse(ErrorCode.IsADirectory, "is a directory");
        }

        if (place.Entry is not null)
        {
            Inodes.UnlinkFile(context, place);
        }

        DropStagedRules.Unstage(context, inode);
        Inodes.LinkFile(context, place, inode);
        var map = SliceMap.Open(context, new MapId(context.State.Require(Keys.Inode(inode)).MapId));
        return FileContent.Commit(context, inode, map, 0, command.Slices, command.Chunks);
    }
}
