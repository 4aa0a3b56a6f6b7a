using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// Pages of a full report over all volumes, in order of chunk id. A page depends only on where it begins, so it can be sent again.
/// </summary>
internal static class ReportPages
{
    /// <summary>Replicas with greater ids than <paramref name="after"/>, and whether they are the last.</summary>
    public static (List<ReplicaReport> Replicas, bool Last) After(ChunkId after, VolumeSet volumes, int limit)
    {
        var replicas = new List<ReplicaReport>();
        bool cut = false;
        foreach (var volume in volumes.All)
        {
            var own = volume.Report(after, limit);
            cut |= own.Count >= limit;
            replicas.AddRange(own);
        }

        // Stable: of two replicas of one chunk that of the smaller volume id comes first.
        var page = replicas.OrderBy(replica => replica.ChunkId).Take(limit).ToList();
        if (page.Count < replicas.Count)
        {
            // A page ends between chunks: the next one begins after the last id.
            ulong end = page[^1].ChunkId;
            page.AddRange(replicas.Where(replica => replica.ChunkId == end && !page.Contains(replica)));
            cut = page.Count < replicas.Count || cut;
        }

        return (page, !cut);
    }
}
