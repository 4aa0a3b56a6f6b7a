using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>What happened to servers and chunks since this node leads, for operators: the newest thousand lines.</summary>
internal sealed class EventLog(TimeProvider time)
{
    private const int KeptMax = 1_000;

    // Guards both fields: every part of the node tells.
    private readonly Lock _lock = new();
    private readonly Queue<ClusterEvent> _events = new();
    private ulong _number;

    public void Add(string text)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
        {
            _events.Enqueue(new ClusterEvent { Number = ++_number, UnixMs = now, Text = text });
            if (_events.Count > KeptMax)
            {
                _events.Dequeue();
            }
        }
    }

    public IReadOnlyList<ClusterEvent> After(ulong number)
    {
        lock (_lock)
        {
            return [.. _events.Where(happened => happened.Number > number)];
        }
    }
}
