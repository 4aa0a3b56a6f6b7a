using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>Where a file's bytes are: a page of its slices and the chunks they name.</summary>
internal static class LayoutReader
{
    /// <summary>Slices that end after <paramref name="offset"/>, at most <paramref name="maxSlices"/> (0: the page).</summary>
    public static FileLayout Read(IStateReads reads, PathRef target, ulong offset, int maxSlices)
    {
        var path = PathName.Parse(target);
        var (inode, record) = PathWalk.FindInode(reads, path);
        if (record.Kind != FileKind.File)
        {
            throw path.Refuse(ErrorCode.IsADirectory, "is a directory");
        }

        int page = maxSlices <= 0 ? Limits.LayoutPageMax : Math.Min(maxSlices, Limits.LayoutPageMax);
        var map = new MapId(record.MapId);
        var slices = new List<Slice>();
        bool more = false;
        foreach (var (key, slice) in reads.Scan(Keys.SlicesFrom(map, FirstStart(reads, map, offset))))
        {
            more = slices.Count == page;
            if (more)
            {
                break;
            }

            slices.Add(new Slice
            {
                FileOffset = Keys.IdAt(key, 1),
                ChunkId = slice.ChunkId,
                ChunkOffset = slice.ChunkOffset,
                Length = slice.Length,
                Crc = slice.Crc,
            });
        }

        return new FileLayout(InodeAttributes.Read(reads, inode, record), slices, ReadChunks(reads, slices), more);
    }

    /// <summary>Where the first slice that ends after an offset may begin: at the offset, or at a slice across it.</summary>
    private static ulong FirstStart(IStateReads reads, MapId map, ulong offset)
    {
        if (offset == 0)
        {
            return 0;
        }

        foreach (var (key, slice) in reads.ScanBack(Keys.Slices(map, 0, offset)))
        {
            ulong start = Keys.IdAt(key, 1);
            return start + slice.Length > offset ? start : offset;
        }

        return offset;
    }

    private static List<LayoutChunk> ReadChunks(IStateReads reads, List<Slice> slices)
    {
        var seen = new HashSet<ulong>();
        var chunks = new List<LayoutChunk>();
        foreach (var slice in slices)
        {
            if (seen.Add(slice.ChunkId))
            {
                var chunk = new ChunkId(slice.ChunkId);
                var replicas = StateReader.Replicas(reads, chunk).Where(replica => !replica.Record.Leaving).ToList();
                chunks.Add(new LayoutChunk(chunk, reads.Require(Keys.Chunk(chunk)), replicas));
            }
        }

        return chunks;
    }
}
