using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Makes a directory, with missing parents when asked.</summary>
internal static class MakeDirectoryRules
{
    public static CommandResult Apply(CommandContext context, MakeDirectory command)
    {
        var path = PathName.Parse(command.Target);
        if (path.Components.Count == 0 && command.MakeParents)
        {
            return new CommandResult { Inode = RequireDirectory(context, path).Value };
        }

        var place = DirectoryEntries.FindPlace(context, path, command.MakeParents);
        if (place.Entry is null)
        {
            return new CommandResult { Inode = Inodes.CreateDirectory(context, place, command.Mode).Value };
        }

        return command.MakeParents && place.Entry.Kind == FileKind.Directory
            ? new CommandResult { Inode = place.Entry.Inode }
            : throw path.Refuse(ErrorCode.AlreadyExists, "exists already");
    }

    private static InodeId RequireDirectory(CommandContext context, PathName path)
    {
        var (inode, record) = PathWalk.FindInode(context.State, path);
        return record.Kind == FileKind.Directory ? inode : throw path.Refuse(ErrorCode.NotADirectory, "is not a directory");
    }
}
