namespace DfsNet.Client;

/// <summary>Where the bytes of a file lie.</summary>
public sealed record DfsFileLayout
{
    /// <summary>The file itself.</summary>
    public required DfsFileInfo File { get; init; }

    /// <summary>In file order; bytes between slices are zero.</summary>
    public required IReadOnlyList<DfsSlice> Slices { get; init; }

    /// <summary>The chunks that the slices lie in, in order of their first use.</summary>
    public required IReadOnlyList<DfsChunk> Chunks { get; init; }
}

/// <summary>A range of a file and the chunk range that holds its bytes.</summary>
/// <param name="FileOffset">First byte in the file.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="ChunkId">Chunk that holds the bytes.</param>
/// <param name="ChunkOffset">First byte in the chunk.</param>
public sealed record DfsSlice(long FileOffset, long Length, ulong ChunkId, long ChunkOffset);

/// <summary>A chunk and where its replicas are.</summary>
/// <param name="ChunkId">Number of the chunk; shown in hexadecimal.</param>
/// <param name="Sealed">Whether it never changes again.</param>
/// <param name="Length">Committed length in bytes; the whole length once sealed.</param>
/// <param name="Digest">CRC32C of its first <paramref name="Length"/> bytes.</param>
/// <param name="Replication">Replicas it is meant to have.</param>
/// <param name="Replicas">Replicas not known to be bad; healthy servers first.</param>
public sealed record DfsChunk(ulong ChunkId, bool Sealed, long Length, uint Digest, int Replication, IReadOnlyList<DfsReplica> Replicas);

/// <summary>A replica of a chunk.</summary>
/// <param name="ServerId">Chunk server that holds it.</param>
/// <param name="Address">Address of the server, host:port.</param>
/// <param name="Domain">Fault domain of the server.</param>
/// <param name="VolumeId">Volume of the server; shown in hexadecimal.</param>
/// <param name="Healthy">Whether the server answers.</param>
public sealed record DfsReplica(ulong ServerId, string Address, string Domain, ulong VolumeId, bool Healthy);
