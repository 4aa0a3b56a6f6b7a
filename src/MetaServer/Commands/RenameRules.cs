using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Moves a name, as rename(2) does: in one step, replacing what stands there unless told not to.</summary>
internal static class RenameRules
{
    // A path of 4,096 bytes names at most 2,048 directories. A deeper tree can be grown step by step, but nothing is moved into its depth:
    // looking for a cycle there would read without bound.
    private const int DepthMax = Limits.PathBytesMax / 2;

    public static CommandResult Apply(CommandContext context, Rename command)
    {
        var source = PathWalk.FindPlace(context.State, PathName.Parse(command.Source));
        var target = PathWalk.FindPlace(context.State, PathName.Parse(command.Target));
        var moved = source.Existing;
        var result = new CommandResult { Inode = moved.Inode };
        if (target.Entry is not null && command.NoReplace)
        {
            throw target.Path.Refuse(ErrorCode.AlreadyExists, "exists already");
        }

        if (target.Entry?.Inode == moved.Inode)
        {
            return result;
        }

        if (moved.Kind == FileKind.Directory)
        {
            RequireNoCycle(context, source, target);
        }

        MakeWay(context, target, moved.Kind);
        var inode = new InodeId(moved.Inode);
        DirectoryEntries.Remove(context, source, inode);
        DirectoryEntries.Add(context, target with { Entry = null }, inode, moved.Kind);
        var record = context.State.Require(Keys.Inode(inode));
        record.ChangedUnixMs = context.StampUnixMs;
        context.State.Put(Keys.Inode(inode), record);
        return result;
    }

    private static void RequireNoCycle(CommandContext context, Place source, Place target)
    {
        InodeId? above = target.Directory;
        for (int depth = 0; above is { } directory; depth++)
        {
            if (directory.Value == source.Existing.Inode)
            {
                throw target.Path.Refuse(ErrorCode.WouldCycle, $"{source.Path} cannot be moved into itself");
            }

            if (depth > DepthMax)
            {
                throw target.Path.Refuse(ErrorCode.LimitExceeded, $"lies more than {DepthMax} directories deep");
            }

            above = DirectoryEntries.ParentOf(context.State, directory);
        }
    }

    private static void MakeWay(CommandContext context, Place target, FileKind moved)
    {
        switch (target.Entry?.Kind, moved)
        {
            case (null, _):
                break;
            case (FileKind.Directory, FileKind.Directory):
                Inodes.RemoveDirectory(context, target);
                break;
            case (FileKind.Directory, _):
                throw target.Path.Refuse(ErrorCode.IsADirectory, "is a directory and cannot be replaced by a file");
            case (_, FileKind.Directory):
                throw target.Path.Refuse(ErrorCode.NotADirectory, "is a file and cannot be replaced by a directory");
            default:
                Inodes.UnlinkFile(context, target);
                break;
        }
    }
}
