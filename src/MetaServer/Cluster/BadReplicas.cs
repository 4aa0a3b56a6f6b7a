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

    // Guards _marks and _version: services read, heartbeats and reports write.
    private readonly Lock _lock = new();
    private readonly Dictionary<(ChunkId Chunk, ServerId Server), (ReplicaFault Fault, long Tick)> _marks = [];
    private long _version;

    /// <summary>Grows with every change.</summary>
    public long Version => Interlocked.Read(ref _version);

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _marks.Count;
            }
        }
    }

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
            _version++;
            return isNew;
        }
    }

    public void Clear(ChunkId chunk, ServerId server)
    {
        lock (_lock)
        {
            if (_marks.Remove((chunk, server)))
            {
                _version++;
            }
        }
    }

    /// <summary>A page of a report says that the replica is good: believed against older marks only.</summary>
    public void ClearOld(ChunkId chunk, ServerId server)
    {
        lock (_lock)
        {
            if (_marks.TryGetValue((chunk, server), out var mark) && ticks.Now - mark.Tick > ticks.Of(PageAgeMax))
            {
                _marks.Remove((chunk, server));
                _version++;
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
}
