using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// What one metadata server has not been told yet: the newest report of each changed replica, and removals. Entries stay until an answered
/// heartbeat carried them. Too many for deltas become the wish for a full report, which says the same.
/// </summary>
internal sealed class PendingChanges
{
    // About 40 bytes each; more changes than this in one outage are cheaper to report in full.
    private const int EntriesMax = 100_000;

    // A heartbeat stays below 100 KB.
    private const int PerHeartbeatMax = 2_000;

    // Guards everything below.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ulong, ReplicaReport> _changed = [];
    private readonly SortedDictionary<ulong, RemovedReplica> _removed = [];
    private bool _overflowed;

    public void Add(ReplicaReport report)
    {
        // Guards both tables.
        lock (_gate)
        {
            _overflowed |= _changed.Count >= EntriesMax;
            if (!_overflowed)
            {
                _changed[report.ChunkId] = report;
            }
        }
    }

    public void Add(RemovedReplica removed)
    {
        // Guards both tables.
        lock (_gate)
        {
            // A removal that is forgotten is ordered again, and confirmed again.
            if (_removed.Count < EntriesMax)
            {
                _removed[removed.ChunkId] = removed;
                _changed.Remove(removed.ChunkId);
            }
        }
    }

    /// <summary>True once after changes were too many to keep: all is to be reported anew.</summary>
    public bool TakeOverflow()
    {
        // Guards both tables.
        lock (_gate)
        {
            bool overflowed = _overflowed;
            if (overflowed)
            {
                _changed.Clear();
                _overflowed = false;
            }

            return overflowed;
        }
    }

    /// <summary>Puts the next entries into a heartbeat; true when more remain.</summary>
    public bool Fill(HeartbeatRequest heartbeat)
    {
        // Guards both tables.
        lock (_gate)
        {
            heartbeat.Changed.AddRange(_changed.Values.Take(PerHeartbeatMax));
            heartbeat.Removed.AddRange(_removed.Values.Take(PerHeartbeatMax));
            return _changed.Count > PerHeartbeatMax || _removed.Count > PerHeartbeatMax;
        }
    }

    /// <summary>The heartbeat was answered: what it carried is known, unless it changed again meanwhile.</summary>
    public void Answered(HeartbeatRequest heartbeat)
    {
        // Guards both tables.
        lock (_gate)
        {
            foreach (var report in heartbeat.Changed)
            {
                if (_changed.TryGetValue(report.ChunkId, out var newest) && ReferenceEquals(newest, report))
                {
                    _changed.Remove(report.ChunkId);
                }
            }

            foreach (var removed in heartbeat.Removed)
            {
                if (_removed.TryGetValue(removed.ChunkId, out var newest) && ReferenceEquals(newest, removed))
                {
                    _removed.Remove(removed.ChunkId);
                }
            }
        }
    }
}
