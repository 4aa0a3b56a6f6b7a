using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Changes a file's length: a hole when it grows; many slices go in steps when it shrinks.</summary>
internal static class TruncateRules
{
    public static CommandResult Apply(CommandContext context, Truncate command)
    {
        if (command.Length > (ulong)Limits.FileLengthMax)
        {
            throw Refusal.Because(ErrorCode.InvalidArgument, $"a length of {command.Length} is more than a file may have");
        }

        var inode = new InodeId(command.Inode);
        var record = Inodes.RequireFile(context, inode);
        Conditions.RequireInode(context, command.Condition, inode, $"inode {inode}");
        FileContent.Touch(context, inode);
        if (command.Length == 0)
        {
            record.ModifiedUnixMs = context.StampUnixMs;
            record.ChangedUnixMs = context.StampUnixMs;
            var empty = FileMaps.Replace(context, inode, record);
            return new CommandResult { Inode = inode.Value, Version = empty.Version };
        }

        var map = SliceMap.Open(context, new MapId(record.MapId));
        bool more = map.Truncate(command.Length, FileMaps.StepSlicesMax);
        map.Save();
        return new CommandResult { Inode = inode.Value, Version = map.Version, Length = map.Length, More = more };
    }
}
