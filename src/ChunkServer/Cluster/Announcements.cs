using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>Spreads news of replicas to every metadata server, and wakes the heartbeats that carry them.</summary>
internal sealed class Announcements
{
    // Guards the exchange of the list; who reads it takes it as it is.
    private readonly Lock _gate = new();
    private volatile Listener[] _listeners = [];

    /// <summary>From now on it hears everything; what was said before is in a full report.</summary>
    public void Join(PendingChanges pending, Wake wake)
    {
        lock (_gate) // guards the exchange
        {
            _listeners = [.. _listeners, new Listener(pending, wake)];
        }
    }

    public void Leave(PendingChanges pending)
    {
        lock (_gate) // guards the exchange
        {
            _listeners = [.. _listeners.Where(listener => listener.Pending != pending)];
        }
    }

    public void Add(ReplicaReport report)
    {
        foreach (var listener in _listeners)
        {
            listener.Pending.Add(report);
        }

        WakeAll();
    }

    public void Add(RemovedReplica removed)
    {
        foreach (var listener in _listeners)
        {
            listener.Pending.Add(removed);
        }

        WakeAll();
    }

    public void WakeAll()
    {
        foreach (var listener in _listeners)
        {
            listener.Wake.Now();
        }
    }

    /// <summary>One metadata server's share of the news, and what wakes it.</summary>
    private sealed record Listener(PendingChanges Pending, Wake Wake);
}
