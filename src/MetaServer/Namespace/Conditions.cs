using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Namespace;

/// <summary>What a caller says must hold for its command to take effect.</summary>
internal static class Conditions
{
    /// <summary>Of a name and what it leads to.</summary>
    public static void RequireName(CommandContext context, Condition? condition, Place place)
    {
        if (condition is null)
        {
            return;
        }

        if (place.Entry is { } entry)
        {
            if (condition.MustNotExist)
            {
                throw place.Path.Refuse(ErrorCode.AlreadyExists, "exists already");
            }

            RequireInode(context, condition, new InodeId(entry.Inode), place.Path.ToString());
        }
        else if (condition.MustExist)
        {
            throw place.Path.Refuse(ErrorCode.NotFound, "no such file or directory");
        }
        else if (condition.Inode != 0 || condition.Version != 0)
        {
            throw place.Path.Refuse(ErrorCode.ConditionFailed, "the name leads nowhere now");
        }
    }

    /// <summary>Of a file that is named by its inode: only versions and the inode matter.</summary>
    public static void RequireInode(CommandContext context, Condition? condition, InodeId inode, string shown)
    {
        if (condition is null || (condition.Inode == 0 && condition.Version == 0))
        {
            return;
        }

        if (condition.Inode != 0 && condition.Inode != inode.Value)
        {
            throw Refusal.Because(ErrorCode.ConditionFailed, $"{shown}: leads to inode {inode} now, not {condition.Inode}");
        }

        var record = context.State.Require(Keys.Inode(inode));
        ulong version = record.Kind == FileKind.File ? context.State.Require(Keys.Map(new MapId(record.MapId))).Version : 0;
        if (condition.Version != 0 && condition.Version != version)
        {
            throw Refusal.Because(ErrorCode.ConditionFailed, $"{shown}: is at version {version} now, not {condition.Version}");
        }
    }
}
