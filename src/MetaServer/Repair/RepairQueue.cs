using DfsNet.MetaServer.Cluster;
using DfsNet.Protocol;

namespace DfsNet.MetaServer.Repair;

/// <summary>
/// Chunks that need something done, the most endangered first. Only ids: what is to be done is decided anew when a chunk's turn comes.
/// Soft: scans of the record fill it, and find again what did not fit.
/// </summary>
internal sealed class RepairQueue(TickCounter ticks)
{
    /// <summary>Chunks with enough good replicas, of which one is to be dropped, come last.</summary>
    public const int NotEndangered = 8;

    /// <summary>Chunks that wait at most. About 120 bytes each; with 64 MiB chunks this is the work of many hours.</summary>
    public const int KeptMax = 200_000;

    private const int SuspectsMax = 100_000;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    // The change that a chunk waits for is committed and applied within seconds, or was lost with its proposal.
    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(15);

    // Guards all fields: scans, events and finished work add, the repairer takes.
    private readonly Lock _lock = new();
    private readonly LinkedList<ChunkId>[] _levels = [.. Enumerable.Range(0, NotEndangered + 1).Select(_ => new LinkedList<ChunkId>())];
    private readonly Dictionary<ChunkId, (int Level, LinkedListNode<ChunkId> Node)> _waiting = [];
    private readonly Dictionary<ChunkId, long> _busyUntil = [];
    private readonly Queue<(long Due, ChunkId Chunk, int Level)> _retries = new();
    private readonly Queue<ChunkId> _suspects = new();
    private readonly HashSet<ChunkId> _suspected = [];
    private bool _overflowed;
    private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Chunks that wait for their turn.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count + _retries.Count;
            }
        }
    }

    /// <summary>Something that lacks a replica waits for its turn.</summary>
    public bool HasEndangered
    {
        get
        {
            lock (_lock)
            {
                return _levels[..NotEndangered].Any(level => level.Count > 0);
            }
        }
    }

    public bool HasSuspects
    {
        get
        {
            lock (_lock)
            {
                return _suspects.Count > 0;
            }
        }
    }

    /// <summary>Something happened to a chunk that may need repair: it is to be looked at.</summary>
    public void Suspect(ChunkId chunk)
    {
        lock (_lock)
        {
            if (_suspects.Count >= SuspectsMax)
            {
                _overflowed = true;
            }
            else if (_suspected.Add(chunk))
            {
                _suspects.Enqueue(chunk);
            }
        }
    }

    public IReadOnlyList<ChunkId> TakeSuspects(int limit)
    {
        var taken = new List<ChunkId>();
        lock (_lock)
        {
            while (taken.Count < limit && _suspects.TryDequeue(out var chunk))
            {
                _suspected.Remove(chunk);
                taken.Add(chunk);
            }
        }

        return taken;
    }

    /// <summary>The chunk needs something done; <paramref name="safe"/> of its replicas are safe.</summary>
    public void Add(ChunkId chunk, int safe)
    {
        int level = Math.Clamp(safe, 0, NotEndangered);
        lock (_lock)
        {
            if (_busyUntil.TryGetValue(chunk, out long until) && until > ticks.Now)
            {
                return;
            }

            Put(chunk, level, first: false);
        }
    }

    /// <summary>The next of the most endangered, with its level; null when nothing waits.</summary>
    public (ChunkId Chunk, int Level)? Take()
    {
        lock (_lock)
        {
            while (_retries.TryPeek(out var retry) && retry.Due <= ticks.Now)
            {
                _retries.Dequeue();
                _busyUntil.Remove(retry.Chunk);
                Put(retry.Chunk, retry.Level, first: false);
            }

            for (int level = 0; level < _levels.Length; level++)
            {
                if (_levels[level].First is { } node)
                {
                    _levels[level].RemoveFirst();
                    _waiting.Remove(node.Value);
                    _busyUntil[node.Value] = long.MaxValue;
                    return (node.Value, level);
                }
            }

            return null;
        }
    }

    /// <summary>Its turn came too early: it waits again, before all others of its level.</summary>
    public void PutBack(ChunkId chunk, int level)
    {
        lock (_lock)
        {
            _busyUntil.Remove(chunk);
            Put(chunk, level, first: true);
        }
    }

    /// <summary>What was tried failed: it is tried again after a while.</summary>
    public void Failed(ChunkId chunk, int level)
    {
        lock (_lock)
        {
            _retries.Enqueue((ticks.Now + ticks.Of(RetryAfter), chunk, level));
        }
    }

    /// <summary>A change of its replicas is on its way into the log: nothing more is done for it until it is applied.</summary>
    public void Settling(ChunkId chunk)
    {
        lock (_lock)
        {
            _busyUntil[chunk] = ticks.Now + ticks.Of(SettleMax);
        }
    }

    /// <summary>Nothing is to be done, or the change was applied.</summary>
    public void Done(ChunkId chunk)
    {
        lock (_lock)
        {
            _busyUntil.Remove(chunk);
        }
    }

    /// <summary>Drops what was never applied, and says once, when there is room again, that some did not fit.</summary>
    public bool Tidy()
    {
        lock (_lock)
        {
            foreach (var chunk in _busyUntil.Where(pair => pair.Value <= ticks.Now).Select(pair => pair.Key).ToList())
            {
                _busyUntil.Remove(chunk);
            }

            bool again = _overflowed && _waiting.Count < KeptMax / 2;
            _overflowed &= !again;
            return again;
        }
    }

    /// <summary>What comes from now on wakes the one who waits.</summary>
    public void Arm()
    {
        lock (_lock)
        {
            if (_signal.Task.IsCompleted)
            {
                _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>Completes when something came since <see cref="Arm"/>.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            return _signal.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Wakes whoever waits: a server has become free.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            _signal.TrySetResult();
        }
    }

    private void Put(ChunkId chunk, int level, bool first)
    {
        if (_waiting.TryGetValue(chunk, out var place))
        {
            if (place.Level == level)
            {
                return;
            }

            _levels[place.Level].Remove(place.Node);
            _waiting.Remove(chunk);
        }
        else if (_waiting.Count >= KeptMax && !first)
        {
            _overflowed = true;
            return;
        }

        var node = first ? _levels[level].AddFirst(chunk) : _levels[level].AddLast(chunk);
        _waiting[chunk] = (level, node);
        if (!first)
        {
            // Whoever puts a chunk back has just seen that it has to wait.
            _signal.TrySetResult();
        }
    }
}
