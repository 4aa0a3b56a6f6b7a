using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>Maps come, are replaced, and are left behind: small ones go at once, large ones are detached and reclaimed in steps.</summary>
internal static class FileMaps
{
    /// <summary>Slices that one step drops: each writes its row, its reference, its chunk and perhaps an unreferenced row.</summary>
    public const int StepSlicesMax = 2_000;

    /// <summary>Maps up to this size go in the command that leaves them: cheaper than a row and a command of their own.</summary>
    public const int InlineSlicesMax = 64;

    /// <summary>What dropping a small map writes at most, with the rows of its inode.</summary>
    public const int InlineRecordsMax = 4 * InlineSlicesMax + 8;

    public static MapId Create(CommandContext context, ulong version)
    {
        var map = new MapId(context.Counters.NextMap++);
        context.State.Put(Keys.Map(map), new MapRecord { Version = version });
        return map;
    }

    /// <summary>Gives a file an empty map. The version goes on from the old one: views of a file only move forward.</summary>
    public static SliceMap Replace(CommandContext context, InodeId inode, InodeRecord record)
    {
        var old = new MapId(record.MapId);
        ulong version = context.State.Require(Keys.Map(old)).Version;
        var map = Create(context, version + 1);
        record.MapId = map.Value;
        context.State.Put(Keys.Inode(inode), record);
        Detach(context, old);
        return SliceMap.Open(context, map);
    }

    /// <summary>Takes a map from its file.</summary>
    public static void Detach(CommandContext context, MapId map)
    {
        var record = context.State.Require(Keys.Map(map));
        context.Counters.LogicalBytes -= record.Length;
        context.State.Delete(Keys.Map(map));
        if (record.Slices > InlineSlicesMax)
        {
            context.State.Put(Keys.Detached(map), new DetachedRecord { Slices = record.Slices });
            context.Announce(new MapDetached(map));
        }
        else if (record.Slices > 0)
        {
            DropSlices(context, map, 0, InlineSlicesMax);
        }
    }

    /// <summary>Drops slices of a detached map; true when some are left.</summary>
    public static bool Reclaim(CommandContext context, MapId map, int slicesMax)
    {
        if (context.State.Get(Keys.Detached(map)) is not { } record)
        {
            return false;
        }

        var (dropped, next) = DropSlices(context, map, record.NextOffset, slicesMax);
        record.Slices -= (ulong)dropped;
        record.NextOffset = next;
        if (record.Slices == 0)
        {
            context.State.Delete(Keys.Detached(map));
            return false;
        }

        context.State.Put(Keys.Detached(map), record);
        return true;
    }

    private static (int Dropped, ulong Next) DropSlices(CommandContext context, MapId map, ulong from, int slicesMax)
    {
        int dropped = 0;
        ulong next = from;
        foreach (var (key, slice) in context.State.Scan(Keys.SlicesFrom(map, from)).Take(slicesMax))
        {
            ulong offset = Keys.IdAt(key, 1);
            SliceRows.Remove(context, map, offset, slice);
            dropped++;
            next = offset + 1;
        }

        return (dropped, next);
    }
}
