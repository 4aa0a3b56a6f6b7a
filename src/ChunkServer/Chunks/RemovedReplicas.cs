using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// Replicas that this process was ordered to remove from a volume. The opening of a chain may arrive long after its chunk was dropped, from
/// a client that slept: behind a confirmed removal it would create a file that nobody looks for.
/// </summary>
internal sealed class RemovedReplicas
{
    // The newest matter: whoever opens a chain later than this many removals meets the next full report.
    private const int KeptMax = 100_000;

    // Guards both fields: removals add and creations ask, each with the gate of its chunk held.
    private readonly Lock _gate = new();
    private readonly Dictionary<ChunkId, Generation> _removed = [];
    private readonly Queue<ChunkId> _order = new();

    public void Add(ChunkId chunk, Generation generation)
    {
        lock (_gate)
        {
            if (!_removed.TryGetValue(chunk, out var known))
            {
                _order.Enqueue(chunk);
                if (_order.Count > KeptMax)
                {
                    _removed.Remove(_order.Dequeue());
                }
            }

            _removed[chunk] = known.CompareTo(generation) > 0 ? known : generation;
        }
    }

    /// <summary>This replica was removed, or a later one of the same chunk.</summary>
    public bool Contains(ChunkId chunk, Generation generation)
    {
        lock (_gate)
        {
            return _removed.TryGetValue(chunk, out var removed) && removed.CompareTo(generation) >= 0;
        }
    }
}
