using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Removes inodes without a name; their maps go or are detached.</summary>
internal static class ReclaimOrphansRules
{
    private const int OrphansMax = 1_000;

    public static CommandResult Apply(CommandContext context, ReclaimOrphans command)
    {
        if (command.Inodes.Count > OrphansMax)
        {
            throw Refusal.Because(ErrorCode.LimitExceeded, $"{command.Inodes.Count} orphans in one command, {OrphansMax} is the most");
        }

        foreach (ulong id in command.Inodes)
        {
            if (context.State.Changes.Count > StateMachine.RecordsMax - FileMaps.InlineRecordsMax)
            {
                return new CommandResult { More = true };
            }

            var inode = new InodeId(id);
            if (context.State.Has(Keys.Orphan(inode)))
            {
                FileMaps.Detach(context, new MapId(context.State.Require(Keys.Inode(inode)).MapId));
                context.State.Delete(Keys.Inode(inode));
                context.State.Delete(Keys.Orphan(inode));
            }
        }

        return new CommandResult();
    }
}
