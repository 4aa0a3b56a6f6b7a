using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Creates a file with its content, or gives an existing one new content, in one step.</summary>
internal static class CreateFileRules
{
    public static CommandResult Apply(CommandContext context, CreateFile command)
    {
        var path = PathName.Parse(command.Target);
        var place = DirectoryEntries.FindPlace(context, path, command.MakeParents);
        Conditions.RequireName(context, command.Condition, place);
        if (command.KeepContent && command.Slices.Count > 0)
        {
            throw path.Refuse(ErrorCode.InvalidArgument, "content cannot be kept and given at once");
        }

        var (inode, map) = place.Entry is null ? Create(context, command, place) : Reuse(context, command, place);
        return FileContent.Commit(context, inode, map, 0, command.Slices, command.Chunks);
    }

    private static (InodeId Inode, SliceMap Map) Create(CommandContext context, CreateFile command, Place place)
    {
        var inode = Inodes.CreateFile(context, place.Directory, command.Mode, SessionId.None);
        Inodes.LinkFile(context, place, inode);
        return (inode, SliceMap.Open(context, new MapId(context.State.Require(Keys.Inode(inode)).MapId)));
    }

    private static (InodeId Inode, SliceMap Map) Reuse(CommandContext context, CreateFile command, Place place)
    {
        if (place.Existing.Kind == FileKind.Directory)
        {
            throw place.Path.Refuse(ErrorCode.IsADirectory, "is a directory");
        }

        var inode = new InodeId(place.Existing.Inode);
        var record = context.State.Require(Keys.Inode(inode));
        if (command.KeepContent)
        {
            return (inode, SliceMap.Open(context, new MapId(record.MapId)));
        }

        var map = FileMaps.Replace(context, inode, record);
        FileContent.Touch(context, inode);
        return (inode, map);
    }
}
