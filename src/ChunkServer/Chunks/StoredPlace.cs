using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Where bytes of a chunk's data lie on a volume: for those who look at one, or spoil it on purpose.</summary>
public static class StoredPlace
{
    /// <param name="chunk">The chunk, sealed or open.</param>
    /// <param name="offset">First byte in the chunk.</param>
    public static (string Path, long Offset) Of(ChunkId chunk, long offset) => (ChunkPath.File(chunk), ChunkHeader.AreaBytes + offset);
}
