using DfsNet.Protocol;

namespace DfsNet.MetaServer.Cluster;

/// <summary>Why a replica in the record is no replica.</summary>
internal enum ReplicaFault
{
    Damaged,
    Differs,
    Missing,
}

/// <summary>
/// Replicas that are in the record but not good: left out of layouts, counted as missing copies. Soft: reports and heartbeats fill it again
/// after a restart.
/// </summary>
internal sealed class BadReplicas(TickCounter ticks, Alarms alarms)
{
    // 64 bytes each: what one lost server of 64 TB brings. More is said in an alarm and found again by the next report.
    private const int KeptMax = 1_000_000;

    // A page may be older than a heartbeat that overtook it; it clears only marks that are older than any page on its way.
    private static readonly TimeSpan PageAgeMax = TimeSpan.FromSeconds(30);

    // Guards all fields: services read, heartbeats and reports write.
    private readonly Lock _lock = new();
    private readonly Dictionary<(ChunkId Chunk, ServerId Server), (ReplicaFault Fault, long Tick)> _marks = [];
    private readonly Dictionary<ServerId, int> _perServer = [];

    /// <summary>True when the mark is new.</summary>
    public bool Mark(ChunkId chunk, ServerId server, ReplicaFault fault)
    {
        lock (_lock)
        {
            bool isNew = !_marks.ContainsKey((chunk, server));
            if (isNew && _marks.Count >= KeptMax)
            {
                alarms.Raise("bad-replicas", $"more than {KeptMax} bad replicas: the rest is not tracked until some are repaired");
                return false;
            }

            _marks[(chunk, server)] = (fault, ticks.Now);
            _perServer[server] = _perServer.GetValueOrDefault(server) + (isNew ? 1 : 0);
            return isNew;
        }
    }

    public void Clear(ChunkId chunk, ServerId server)
    {
        lock (_lock)
        {
            Remove(chunk, server);
        }
    }

    /// <summary>A page of a report says that the replica is good: believed against older marks only.</summary>
    public void ClearOld(ChunkId chunk, ServerId server)
    {
        lock (_lock)
        {
            if (_marks.TryGetValue((chunk, server), out var mark) && ticks.Now - mark.Tick > ticks.Of(PageAgeMax))
            {
                Remove(chunk, server);
            }
        }
    }

    public bool Contains(ChunkId chunk, ServerId server)
    {
        lock (_lock)
        {
            return _marks.Count != 0 && _marks.ContainsKey((chunk, server));
        }
    }

    private void Remove(ChunkId chunk, ServerId server)
    {
        if (!_marks.Remove((chunk, server)))
        {
            return;
        }

        alarms.Clear($"lost-{chunk}");
        if (--_perServer[server] == 0)
        {
            _perServer.Remove(server);
            alarms.Clear($"bad-{server}");
            alarms.Clear($"missing-{server}");
        }
    }
}
