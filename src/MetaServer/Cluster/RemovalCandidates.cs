using DfsNet.Protocol;

namespace DfsNet.MetaServer.Cluster;

/// <summary>Chunks that nobody owns or refers to, with the tick since when this leader knows.</summary>
internal sealed class RemovalCandidates(TickCounter ticks)
{
    // 50 bytes each. What does not fit is found again by a scan when there is room.
    private const int KeptMax = 1_000_000;

    // Guards all fields: the applier adds and drops, the remover takes.
    private readonly Lock _lock = new();
    private readonly Dictionary<ChunkId, long> _since = [];
    private readonly Queue<(ChunkId Chunk, long Since)> _order = new();
    private bool _overflowed;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _since.Count;
            }
        }
    }

    public void Add(ChunkId chunk)
    {
        long now = ticks.Now;
        lock (_lock)
        {
            if (_since.Count >= KeptMax)
            {
                _overflowed = true;
            }
            else if (_since.TryAdd(chunk, now))
            {
                _order.Enqueue((chunk, now));
            }
        }
    }

    public void Drop(ChunkId chunk)
    {
        lock (_lock)
        {
            _since.Remove(chunk);
        }
    }

    /// <summary>
    /// Up to <paramref name="limit"/> chunks that were candidates for the whole grace; they stay until dropped or put off.
    /// </summary>
    public IReadOnlyList<ChunkId> Due(TimeSpan grace, int limit)
    {
        long now = ticks.Now;
        long last = now - ticks.Of(grace);
        var due = new List<ChunkId>();
        lock (_lock)
        {
            while (due.Count < limit && _order.TryPeek(out var oldest) && oldest.Since <= last)
            {
                _order.Dequeue();
                if (_since.TryGetValue(oldest.Chunk, out long since) && since == oldest.Since)
                {
                    due.Add(oldest.Chunk);
                }
            }

            // Should the removal fail, each is due again after another grace.
            foreach (var chunk in due)
            {
                _since[chunk] = now;
                _order.Enqueue((chunk, now));
            }
        }

        return due;
    }

    /// <summary>True once after candidates did not fit and there is room again.</summary>
    public bool TakeOverflow()
    {
        lock (_lock)
        {
            bool scan = _overflowed && _since.Count < KeptMax / 2;
            _overflowed &= !scan;
            return scan;
        }
    }
}
