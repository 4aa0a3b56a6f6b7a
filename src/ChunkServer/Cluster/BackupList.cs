using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// The chunks of this server that are marked as parts of backups of the metadata: answered from the volumes alone, because it is asked when
/// no metadata is left.
/// </summary>
internal sealed class BackupList(VolumeSet volumes, Func<NodeIdentity> identity, Func<ulong> incarnation)
{
    private const int PageMax = 1_000;

    /// <summary>Those with a greater id than <paramref name="after"/>, in order of id, and what this server knows of the cluster.</summary>
    public ListBackupsReply After(ChunkId after)
    {
        if (volumes.All.Count == 0)
        {
            throw new DfsException(ErrorCode.Unavailable, "list backups", "this chunk server is still opening its volumes");
        }

        var reply = new ListBackupsReply
        {
            ClusterId = identity().Cluster.Value,
            SeenIncarnation = incarnation(),
            Last = true,
        };
        bool isLast = false;
        while (!isLast)
        {
            (var page, isLast) = ReportPages.After(after, volumes, Limits.ReportPageMax);
            foreach (var replica in page)
            {
                after = new ChunkId(replica.ChunkId);
                if (replica.BackupIncarnation == 0)
                {
                    continue;
                }

                // A page ends between chunks, of which another volume may have a replica too.
                if (reply.Replicas.Count >= PageMax && reply.Replicas[^1].ChunkId != replica.ChunkId)
                {
                    reply.Last = false;
                    return reply;
                }

                reply.Replicas.Add(replica);
            }
        }

        return reply;
    }
}
