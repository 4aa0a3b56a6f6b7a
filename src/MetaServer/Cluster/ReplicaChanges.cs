using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Changes of replica rows that wait to be committed: replicas to be removed (the row becomes leaving, only then goes the order),
/// removals that servers confirmed (the row goes), and copies that are proven (the row comes). What does not fit is heard of again: orders
/// are repeated, reports come again.
/// </summary>
internal sealed class ReplicaChanges
{
    private const int WaitingMax = 100_000;

    // Guards all fields: heartbeats and reports add, the committer takes and settles.
    private readonly Lock _lock = new();
    private readonly Queue<ReplicaKey> _leaving = new();
    private readonly Queue<ReplicaKey> _gone = new();
    private readonly HashSet<ReplicaKey> _known = [];
    private readonly Queue<AddedReplica> _added = new();
    private readonly HashSet<AddedReplica> _knownAdded = [];

    // Confirmed removals that are being committed, and those of them that were contradicted meanwhile.
    private readonly HashSet<ReplicaKey> _underWay = [];
    private readonly HashSet<ReplicaKey> _contradicted = [];

    public void Leave(ServerId server, ChunkId chunk, Generation generation) => Add(_leaving, server, chunk, generation);

    public void Gone(ServerId server, ChunkId chunk, Generation generation) => Add(_gone, server, chunk, generation);

    /// <summary>A copy that its server has proved against the digest of the record.</summary>
    public void Arrive(AddedReplica copy)
    {
        lock (_lock)
        {
            if (_knownAdded.Count < WaitingMax && _knownAdded.Add(copy))
            {
                _added.Enqueue(copy);
            }
        }
    }

    /// <summary>The server has the replica after all: it came into being behind the removal that was confirmed, which is void.</summary>
    public void NotGone(ServerId server, ChunkId chunk, Generation generation)
    {
        var key = KeyOf(server, chunk, generation);
        lock (_lock)
        {
            _known.Remove(key);
            if (_underWay.Contains(key))
            {
                _contradicted.Add(key);
            }
        }
    }

    /// <summary>Up to <paramref name="limit"/> changes as one command; null when nothing waits.</summary>
    public ChangeReplicas? Take(int limit)
    {
        lock (_lock)
        {
            var taken = new ChangeReplicas();
            while (taken.Gone.Count < limit && _gone.TryDequeue(out var gone))
            {
                if (_known.Remove(gone))
                {
                    taken.Gone.Add(gone);
                    _underWay.Add(gone);
                }
            }

            while (taken.Gone.Count + taken.Leaving.Count < limit && _leaving.TryDequeue(out var leaving))
            {
                taken.Leaving.Add(leaving);
                _known.Remove(leaving);
            }

            while (taken.Gone.Count + taken.Leaving.Count + taken.Added.Count < limit && _added.TryDequeue(out var added))
            {
                taken.Added.Add(added);
                _knownAdded.Remove(added);
            }

            return taken.Gone.Count + taken.Leaving.Count + taken.Added.Count > 0 ? taken : null;
        }
    }

    /// <summary>What was taken is committed, or was refused: a removal that was contradicted meanwhile begins anew.</summary>
    public void Settle(ChangeReplicas taken)
    {
        lock (_lock)
        {
            foreach (var gone in taken.Gone)
            {
                _underWay.Remove(gone);
                if (_contradicted.Remove(gone) && _known.Add(gone))
                {
                    _leaving.Enqueue(gone);
                }
            }
        }
    }

    private static ReplicaKey KeyOf(ServerId server, ChunkId chunk, Generation generation) =>
        new() { ChunkId = chunk.Value, ServerId = server.Value, Generation = generation.Value };

    private void Add(Queue<ReplicaKey> queue, ServerId server, ChunkId chunk, Generation generation)
    {
        var key = KeyOf(server, chunk, generation);
        lock (_lock)
        {
            if (_known.Count < WaitingMax && _known.Add(key))
            {
                queue.Enqueue(key);
            }
        }
    }
}
