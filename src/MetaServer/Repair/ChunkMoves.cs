using DfsNet.MetaServer.Cluster;
using DfsNet.Protocol;

namespace DfsNet.MetaServer.Repair;

/// <summary>A replica that is to go from one server to another.</summary>
internal readonly record struct ChunkMove(ServerId From, ServerId To, uint Bytes);

/// <summary>Moves that were decided and are not over. Soft: what is forgotten is decided anew.</summary>
internal sealed class ChunkMoves(TickCounter ticks)
{
    // A few for each server of a large cluster.
    public const int KeptMax = 4_000;

    // Until then a server's heartbeat may tell of its volumes as they were before.
    private static readonly TimeSpan UnseenMax = TimeSpan.FromSeconds(2);

    // Guards all fields: the balancer adds, the repairer looks up and drops.
    private readonly Lock _lock = new();
    private readonly Dictionary<ChunkId, ChunkMove> _moves = [];
    private readonly Queue<(long Tick, ChunkMove Move)> _lately = new();
    private long _done;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _moves.Count;
            }
        }
    }

    /// <summary>Moves that were carried out since this leader began.</summary>
    public long Done
    {
        get
        {
            lock (_lock)
            {
                return _done;
            }
        }
    }

    public ChunkMove? Of(ChunkId chunk)
    {
        lock (_lock)
        {
            return _moves.TryGetValue(chunk, out var move) ? move : null;
        }
    }

    /// <summary>Moves under way from or to a server.</summary>
    public int CountOf(ServerId server)
    {
        lock (_lock)
        {
            return _moves.Values.Count(move => move.From == server || move.To == server);
        }
    }

    /// <summary>Bytes that a server will have more (or less) than it last said.</summary>
    public long ShiftOf(ServerId server)
    {
        lock (_lock)
        {
            while (_lately.TryPeek(out var oldest) && oldest.Tick < ticks.Now - ticks.Of(UnseenMax))
            {
                _lately.Dequeue();
            }

            return _moves.Values.Concat(_lately.Select(done => done.Move))
                .Sum(move => move.To == server ? move.Bytes : move.From == server ? -(long)move.Bytes : 0);
        }
    }

    public bool TryAdd(ChunkId chunk, ChunkMove move)
    {
        lock (_lock)
        {
            return _moves.Count < KeptMax && _moves.TryAdd(chunk, move);
        }
    }

    /// <summary>It is not possible any more, or not wanted.</summary>
    public void Drop(ChunkId chunk)
    {
        lock (_lock)
        {
            _moves.Remove(chunk);
        }
    }

    /// <summary>A replica is leaving: if it was the one to move, the move is over; if it was the new one, it came to nothing.</summary>
    public void Left(ChunkId chunk, ServerId server)
    {
        lock (_lock)
        {
            if (_moves.TryGetValue(chunk, out var move) && (move.From == server || move.To == server))
            {
                _moves.Remove(chunk);
                if (move.From == server)
                {
                    _done++;
                    _lately.Enqueue((ticks.Now, move));
                }
            }
        }
    }

    public IReadOnlyList<ChunkId> Chunks()
    {
        lock (_lock)
        {
            return [.. _moves.Keys];
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _moves.Clear();
        }
    }
}
