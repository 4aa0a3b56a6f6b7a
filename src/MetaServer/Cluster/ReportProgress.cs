using System.Collections.Immutable;
using DfsNet.Protocol;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// How far a server's full report has come, and what the brake held back: chunks that this report did not remove because it had removed its
/// share. A later, fresh report that names them again removes them.
/// </summary>
internal sealed record ReportProgress(
    ulong Sequence, ulong Covered, bool IsComplete, int Removed, int JudgedYoung, ImmutableHashSet<ChunkId> HeldBack,
    ImmutableHashSet<ChunkId> Agreed)
{
    public static readonly ReportProgress None = new(0, 0, false, 0, 0, [], []);

    /// <summary>Something was not decided: rows too young to judge, removals held back. Another report is wanted later.</summary>
    public bool LeftOpen => JudgedYoung > 0 || HeldBack.Count > 0;

    /// <summary>A fresh report: what the one before it held back may be removed if this one agrees.</summary>
    public ReportProgress Begin(ulong sequence) => new(sequence, 0, false, 0, 0, [], HeldBack);
}
