using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>Where a file's bytes are: a page of its slices and the chunks they name.</summary>
internal static class LayoutReader
{
    /// <summary>Slices that end after <paramref name="offset"/>, at most <paramref name="maxSlices"/> (0: the page).</summary>
    public static FileLayout Read(IStateReads reads, PathRef target, ulong offset, int maxSlices) => throw new NotSupportedException();
}

/// <summary>A page of a file's map. <paramref name="More"/>: further slices follow the last.</summary>
internal sealed record FileLayout(Attributes Attributes, IReadOnlyList<Slice> Slices, IReadOnlyList<LayoutChunk> Chunks, bool More);

/// <summary>A chunk that the page names, with its present replicas in order of server.</summary>
internal sealed record LayoutChunk(ChunkId Chunk, ChunkRecord Record, IReadOnlyList<(ServerId Server, ReplicaRecord Record)> Replicas);
