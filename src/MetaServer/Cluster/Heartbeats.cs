using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>Takes what a chunk server says twice a second, and answers with its orders.</summary>
internal sealed class Heartbeats(
    ServerTable servers,
    ReplicaReports reports,
    ReplicaChanges changes,
    OpenChunks open,
    OrderBook orders,
    Alarms alarms,
    Proposer proposer,
    RepairDesk repair,
    ScrubWishes scrubs,
    ClusterRecord cluster)
{
    private const int ChangesMax = Limits.ReportPageMax;
    private const int VolumesMax = 1_000;

    public HeartbeatReply Hear(IStateSnapshot snapshot, HeartbeatRequest request)
    {
        if (request.Removed.Count > ChangesMax || request.Changed.Count > ChangesMax || request.Volumes.Count > VolumesMax)
        {
            throw new DfsException(
                ErrorCode.LimitExceeded, "heartbeat", $"a heartbeat carries at most {ChangesMax} changes and {VolumesMax} volumes");
        }

        var reply = new HeartbeatReply { Term = proposer.Term, Incarnation = cluster.Incarnation, AppliedIndex = snapshot.AppliedIndex };
        var server = new ServerId(request.ServerId);
        if (servers.Hear(request) is not { } note)
        {
            reply.RegisterWanted = true;
            return reply;
        }

        if (note.IsNewer)
        {
            foreach (var removed in request.Removed)
            {
                changes.Gone(server, new ChunkId(removed.ChunkId), new Generation(removed.Generation));
            }

            reports.Changed(snapshot, server, request.BootId, request.Changed);
            WatchVolumes(server, request);
            if (note.VolumeFailed)
            {
                // Volumes of open chunks are not kept in memory: what is open elsewhere on the server is sealed a little early.
                open.RequestSealOn(server);
                repair.Sweeps.Want(server);
            }
        }

        reply.Orders.AddRange(orders.Take(server, proposer.Term, out bool reportNeeded));
        if (reportNeeded)
        {
            servers.WantReport(server);
        }

        reply.ReportWanted = note.ReportWanted || reportNeeded;
        reply.Scrub = scrubs.Of(server);
        return reply;
    }

    private void WatchVolumes(ServerId server, HeartbeatRequest request)
    {
        foreach (var volume in request.Volumes)
        {
            string subject = $"volume-{new VolumeId(volume.VolumeId)}";
            if (volume.State is VolumeState.Failed or VolumeState.Missing)
            {
                alarms.Raise(subject, $"server {server}: volume {new VolumeId(volume.VolumeId)} is {volume.State}: {volume.Detail}");
            }
            else
            {
                alarms.Clear(subject);
            }
        }
    }
}
