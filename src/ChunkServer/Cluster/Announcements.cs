using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>Spreads news of replicas to every metadata server, and wakes the heartbeats that carry them.</summary>
internal sealed class Announcements(IReadOnlyList<PendingChanges> listeners, IReadOnlyList<Wake> wakes)
{
    public void Add(ReplicaReport report)
    {
        foreach (var listener in listeners)
        {
            listener.Add(report);
        }

        WakeAll();
    }

    public void Add(RemovedReplica removed)
    {
        foreach (var listener in listeners)
        {
            listener.Add(removed);
        }

        WakeAll();
    }

    public void WakeAll()
    {
        foreach (var wake in wakes)
        {
            wake.Now();
        }
    }
}
