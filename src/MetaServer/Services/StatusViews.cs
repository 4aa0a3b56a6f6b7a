using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>How full the file system is and how the cluster is.</summary>
internal sealed class StatusViews(
    IStateStore store,
    Proposer proposer,
    ServerTable servers,
    ReplicaCensus census,
    RemovalCandidates removals,
    RepairDesk repair,
    SpaceWatch space,
    Alarms alarms,
    ClusterRecord cluster,
    TimeSpan repairGrace)
{
    // Somebody waits in front of a terminal.
    private static readonly TimeSpan CensusPatience = TimeSpan.FromSeconds(2);

    private static readonly string ProgramVersion = typeof(StatusViews).Assembly.GetName().Version?.ToString(3) ?? "";

    public async Task<GetFileSystemReply> GetFileSystemAsync(CancellationToken cancellation)
    {
        await proposer.ReadBarrierAsync(cancellation).ConfigureAwait(false);
        using var snapshot = store.OpenSnapshot();
        var counters = StateReader.Counters(snapshot);
        var reply = new GetFileSystemReply
        {
            Files = counters.Files,
            Directories = counters.Directories,
            Chunks = counters.Chunks,
            Replication = cluster.Replication,
            LogicalBytes = counters.LogicalBytes,
        };
        foreach (var volume in servers.Status().Where(server => server.State != ServerState.Dead).SelectMany(server => server.Volumes))
        {
            reply.CapacityBytes += volume.CapacityBytes;
            reply.AvailableBytes += volume.State == VolumeState.Healthy ? volume.AvailableBytes : 0;
        }

        reply.UsedBytes = reply.CapacityBytes - Math.Min(reply.CapacityBytes, reply.AvailableBytes);
        return reply;
    }

    public async Task<GetStatusReply> GetStatusAsync(CancellationToken cancellation)
    {
        var counted = await census.CountAsync(CensusPatience, cancellation).ConfigureAwait(false);
        await proposer.ReadBarrierAsync(cancellation).ConfigureAwait(false);
        using var snapshot = store.OpenSnapshot();
        var counters = StateReader.Counters(snapshot);
        var reply = new GetStatusReply
        {
            ClusterId = cluster.ClusterId,
            Incarnation = cluster.Incarnation,
            Chunks = counters.Chunks,
            OpenChunks = counters.OpenChunks,
            UnderReplicated = counted.UnderReplicated,
            Unavailable = counted.Unavailable,
            Sessions = counters.Sessions,
            Files = counters.Files,
            Directories = counters.Directories,
            AppliedIndex = snapshot.AppliedIndex,
            Term = proposer.Term,
            Removing = (ulong)removals.Count,
            Version = ProgramVersion,
            Repair = RepairReport.Of(counted, repair, servers.Health(), repairGrace),
            Balance = RepairReport.BalanceOf(repair),
        };
        foreach (var server in servers.Status())
        {
            server.Replicas = StateReader.Server(snapshot, new ServerId(server.ServerId))?.Replicas ?? 0;
            reply.Servers.Add(server);
        }

        if (space.IsShort || space.IsLogFull)
        {
            reply.Alarms.Add(
                "the metadata server's disk is nearly full: nothing new is taken until files are deleted or space is freed there");
        }

        if (cluster.Protected)
        {
            reply.Alarms.Add(
                "the cluster is protected: nothing is deleted or cut on chunk servers until 'dfs admin protect off' (it was restored, or "
                    + "somebody said 'on')");
        }

        reply.Alarms.AddRange(alarms.Lines());
        return reply;
    }
}
