using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>A file without a name, held by its session until it is linked.</summary>
internal static class StageFileRules
{
    public static CommandResult Apply(CommandContext context, StageFile command)
    {
        var directory = command.Directory == 0 ? InodeId.Root : new InodeId(command.Directory);
        if (context.State.Get(Keys.Inode(directory)) is not { Kind: FileKind.Directory })
        {
            throw Refusal.Because(ErrorCode.NotFound, $"inode {directory} is not a directory (any more)");
        }

        var session = context.State.Require(Keys.Session(context.Session));
        if (session.StagedFiles >= Limits.SessionStagedFilesMax)
        {
            throw Refusal.Because(
                ErrorCode.LimitExceeded, $"session {context.Session} has {session.StagedFiles} staged files: link some first");
        }

        var inode = Inodes.CreateFile(context, directory, command.Mode, context.Session);
        context.State.Put(Keys.Staged(context.Session, inode), new MarkerRecord());
        session.StagedFiles++;
        context.State.Put(Keys.Session(context.Session), session);
        return new CommandResult { Inode = inode.Value, Version = 1 };
    }
}
