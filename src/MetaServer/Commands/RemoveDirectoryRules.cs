using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Removes an empty directory.</summary>
internal static class RemoveDirectoryRules
{
    public static CommandResult Apply(CommandContext context, RemoveDirectory command)
    {
        var place = PathWalk.FindPlace(context.State, PathName.Parse(command.Target));
        if (place.Existing.Kind != FileKind.Directory)
        {
            throw place.Path.Refuse(ErrorCode.NotADirectory, "is not a directory");
        }

        Inodes.RemoveDirectory(context, place);
        return new CommandResult { Inode = place.Existing.Inode };
    }
}
