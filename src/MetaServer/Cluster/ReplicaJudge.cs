using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>What a server's word on one replica means against the record.</summary>
internal enum Verdict
{
    /// <summary>Sealed as the record says.</summary>
    Good,

    /// <summary>Open in the record too, its append stream alive.</summary>
    Growing,

    /// <summary>Open in the record, but this replica takes no more appends.</summary>
    Stopped,

    /// <summary>The record is sealed; the server has not heard of it.</summary>
    SealUnheard,

    Damaged,

    /// <summary>Sealed or created otherwise than the record says: not a replica.</summary>
    Differs,

    /// <summary>Its removal is committed; the server has not done it.</summary>
    RemovalUnheard,

    /// <summary>A newer copy stands where the removal of an older one is committed, and not confirmed yet.</summary>
    Replaced,

    /// <summary>The record has the chunk, but not here.</summary>
    Surplus,

    /// <summary>A chunk that was removed, or dropped, before.</summary>
    Unknown,

    /// <summary>A chunk that this record has not given out yet: the record was rolled back.</summary>
    FromTheFuture,
}

/// <summary>Compares one reported replica with the record. Pure.</summary>
internal static class ReplicaJudge
{
    public static Verdict Judge(IStateReads reads, ReplicaReport report, ReplicaRecord? row, ulong nextChunk, out ChunkRecord? chunk)
    {
        chunk = null;
        if (row is null && report.ChunkId >= nextChunk)
        {
            return Verdict.FromTheFuture;
        }

        if (row is { Leaving: true })
        {
            return report.Generation > row.Generation ? Verdict.Replaced : Verdict.RemovalUnheard;
        }

        chunk = StateReader.Chunk(reads, new ChunkId(report.ChunkId));
        if (chunk is null || chunk.State == ChunkState.Removed)
        {
            return Verdict.Unknown;
        }

        if (row is null)
        {
            return Verdict.Surplus;
        }

        if (report.Generation > row.Generation && IsAsSealed(report, chunk))
        {
            return Verdict.Surplus;
        }

        if (report.Generation != row.Generation)
        {
            return Verdict.Differs;
        }

        return report.Condition switch
        {
            ReplicaCondition.Damaged => Verdict.Damaged,
            ReplicaCondition.Open when chunk.State == ChunkState.Sealed => Verdict.SealUnheard,
            ReplicaCondition.Open => report.Appendable ? Verdict.Growing : Verdict.Stopped,
            _ => IsAsSealed(report, chunk) ? Verdict.Good : Verdict.Differs,
        };
    }

    /// <summary>Sealed, with the length and the digest of the record.</summary>
    public static bool IsAsSealed(ReplicaReport report, ChunkRecord chunk) =>
        report.Condition == ReplicaCondition.Sealed && chunk.State == ChunkState.Sealed
        && report.Length == chunk.CommittedLength && report.Digest == chunk.CommittedDigest;
}
