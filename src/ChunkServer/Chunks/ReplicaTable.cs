using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Every replica of the volume. A change of state and its journal record are one step under <see cref="Order"/>.</summary>
internal sealed class ReplicaTable(VolumeId volume)
{
    private readonly Dictionary<ChunkId, Replica> _replicas = [];
    private ChunkId[]? _sorted;

    /// <summary>Guards the table, every replica in it, and the order of records in the journal against the order of changes.</summary>
    public Lock Order { get; } = new();

    /// <summary>Changes that the metadata server has not heard of.</summary>
    public ReplicaChanges Changes { get; } = new();

    // The methods below are called under Order.
    public int Count => _replicas.Count;

    public IEnumerable<Replica> All => _replicas.Values;

    public Replica? Find(ChunkId chunk) => _replicas.GetValueOrDefault(chunk);

    public void Put(Replica replica)
    {
        _replicas[replica.Chunk] = replica;
        _sorted = null;
    }

    public void Drop(ChunkId chunk)
    {
        _replicas.Remove(chunk);
        _sorted = null;
    }

    /// <summary>Bytes of all replicas together.</summary>
    public long SumLengths()
    {
        lock (Order) // guards the table
        {
            return _replicas.Values.Sum(replica => (long)replica.Length);
        }
    }

    /// <summary>A page of the table in order of chunk id.</summary>
    public IReadOnlyList<ReplicaReport> Report(ChunkId after, int limit)
    {
        lock (Order) // guards the table
        {
            // Sorted anew only when the set changed: a full report of 100,000 chunks sorts a few times at most.
            _sorted ??= Sort();
            int index = Array.BinarySearch(_sorted, after);
            index = index < 0 ? ~index : index + 1;
            var page = new List<ReplicaReport>(Math.Min(limit, _sorted.Length - index));
            for (; index < _sorted.Length && page.Count < limit; index++)
            {
                AddReport(page, _replicas[_sorted[index]]);
            }

            return page;
        }
    }

    /// <summary>The present state of one replica.</summary>
    public ReplicaReport? Describe(ChunkId chunk)
    {
        lock (Order) // guards the table
        {
            var one = new List<ReplicaReport>(1);
            if (_replicas.TryGetValue(chunk, out var replica))
            {
                AddReport(one, replica);
            }

            return one.Count == 0 ? null : one[0];
        }
    }

    /// <summary>The present state of replicas that changed.</summary>
    public IReadOnlyList<ReplicaReport> TakeChanges(int limit)
    {
        var chunks = Changes.Take(limit);
        var reports = new List<ReplicaReport>(chunks.Count);
        lock (Order) // guards the table
        {
            foreach (var chunk in chunks)
            {
                if (_replicas.TryGetValue(chunk, out var replica))
                {
                    AddReport(reports, replica);
                }
            }
        }

        return reports;
    }

    private ChunkId[] Sort()
    {
        ChunkId[] sorted = [.. _replicas.Keys];
        Array.Sort(sorted);
        return sorted;
    }

    private void AddReport(List<ReplicaReport> reports, Replica replica)
    {
        var condition = replica.State switch
        {
            ReplicaState.Open => ReplicaCondition.Open,
            ReplicaState.Sealed => ReplicaCondition.Sealed,
            ReplicaState.Damaged => ReplicaCondition.Damaged,
            _ => ReplicaCondition.Unspecified,
        };
        if (condition == ReplicaCondition.Unspecified)
        {
            return; // leaving: gone for everybody else
        }

        reports.Add(new ReplicaReport
        {
            ChunkId = replica.Chunk.Value,
            Generation = replica.Generation.Value,
            VolumeId = volume.Value,
            Condition = condition,
            Length = (uint)replica.Length,
            Digest = replica.Digest,
            Appendable = replica is { State: ReplicaState.Open, Open.Appendable: true },
            BackupIncarnation = replica.Mark.Incarnation,
            BackupIndex = replica.Mark.Index,
        });
    }
}
