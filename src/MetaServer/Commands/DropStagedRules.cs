using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Gives up a staged file before its session ends: it becomes an orphan.</summary>
internal static class DropStagedRules
{
    public static CommandResult Apply(CommandContext context, DropStaged command)
    {
        var inode = new InodeId(command.Inode);
        Unstage(context, inode);
        var record = context.State.Require(Keys.Inode(inode));
        record.StagedBy = 0;
        context.State.Put(Keys.Inode(inode), record);
        Inodes.MakeOrphan(context, inode);
        return new CommandResult { Inode = command.Inode };
    }

    /// <summary>The session stages the file no more; refused when it did not.</summary>
    public static void Unstage(CommandContext context, InodeId inode)
    {
        if (!context.State.Has(Keys.Staged(context.Session, inode)))
        {
            throw Refusal.Because(ErrorCode.NotOwner, $"inode {inode} is not staged by session {context.Session}");
        }

        context.State.Delete(Keys.Staged(context.Session, inode));
        var session = context.State.Require(Keys.Session(context.Session));
        session.StagedFiles--;
        context.State.Put(Keys.Session(context.Session), session);
    }
}
