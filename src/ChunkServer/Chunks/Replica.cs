using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>What this volume knows of one chunk. Its fields are guarded by <see cref="ReplicaTable.Order"/>.</summary>
internal sealed class Replica(ChunkId chunk, Generation generation)
{
    public ChunkId Chunk { get; } = chunk;

    public Generation Generation { get; } = generation;

    public ReplicaState State { get; set; }

    /// <summary>Set before anybody else sees the replica.</summary>
    public BackupMark Mark { get; set; }

    /// <summary>Acknowledged (open) or sealed length.</summary>
    public int Length { get; set; }

    /// <summary>CRC32C of [0, Length).</summary>
    public uint Digest { get; set; }

    /// <summary>Grows when bytes or the file may have gone away: a reader that saw a mismatch under an older version looks again.</summary>
    public int Version { get; set; }

    /// <summary>Kept while the chunk is open, and of a damaged one until its file is let go.</summary>
    public OpenReplica? Open { get; set; }
}

/// <summary>What only an open chunk has. Guarded as the replica is.</summary>
internal sealed class OpenReplica(int capacity, BlockChecksums checksums)
{
    public int Capacity { get; } = capacity;

    /// <summary>Of everything that was put in order, durable or on its way there.</summary>
    public BlockChecksums Checksums { get; set; } = checksums;

    /// <summary>Set while the chunk's writer, or data not flushed, needs the descriptor.</summary>
    public ChunkFile? File { get; set; }

    /// <summary>What still has to be written to the file, which is open for it; null when there is nothing.</summary>
    public UnwrittenAppends? Unwritten { get; set; }

    /// <summary>Its one writer is alive.</summary>
    public bool Appendable { get; set; }

    /// <summary>The newest append; it ends when all before it have ended, true when all of them became durable.</summary>
    public Task<bool> LastAppend { get; set; } = Task.FromResult(true);
}

/// <summary>The life of a replica.</summary>
internal enum ReplicaState
{
    Open,
    Sealed,

    /// <summary>Quarantined: kept, reported, never served.</summary>
    Damaged,

    /// <summary>Its removal is in the journal; for everybody else it is gone.</summary>
    Leaving,
}
