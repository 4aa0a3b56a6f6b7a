using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Takes a file's name.</summary>
internal static class UnlinkRules
{
    public static CommandResult Apply(CommandContext context, Unlink command)
    {
        var place = PathWalk.FindPlace(context.State, PathName.Parse(command.Target));
        if (place.Existing.Kind == FileKind.Directory)
        {
            throw place.Path.Refuse(ErrorCode.IsADirectory, "is a directory");
        }

        Conditions.RequireName(context, command.Condition, place);
        Inodes.UnlinkFile(context, place);
        return new CommandResult { Inode = place.Existing.Inode };
    }
}
