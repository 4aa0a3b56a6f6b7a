using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>A slice's row, the row that leads back to it from its chunk, and the chunk's counts change together.</summary>
internal static class SliceRows
{
    public static void Add(CommandContext context, MapId map, ulong fileOffset, SliceRecord slice)
    {
        var chunk = new ChunkId(slice.ChunkId);
        context.State.Put(Keys.Slice(map, fileOffset), slice);
        context.State.Put(Keys.ChunkReference(chunk, map, fileOffset), new MarkerRecord());
        ChunkLedger.Refer(context, chunk, +1, slice.Length);
    }

    public static void Remove(CommandContext context, MapId map, ulong fileOffset, SliceRecord slice)
    {
        var chunk = new ChunkId(slice.ChunkId);
        context.State.Delete(Keys.Slice(map, fileOffset));
        context.State.Delete(Keys.ChunkReference(chunk, map, fileOffset));
        ChunkLedger.Refer(context, chunk, -1, -(long)slice.Length);
    }

    /// <summary>The slice at this offset becomes longer or shorter at its end.</summary>
    public static void Resize(CommandContext context, MapId map, ulong fileOffset, SliceRecord slice, uint length, uint crc)
    {
        long change = (long)length - slice.Length;
        slice.Length = length;
        slice.Crc = crc;
        context.State.Put(Keys.Slice(map, fileOffset), slice);
        ChunkLedger.Refer(context, new ChunkId(slice.ChunkId), 0, change);
    }
}
