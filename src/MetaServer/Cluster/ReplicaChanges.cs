using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Changes of replica rows that wait to be committed: replicas to be removed (the row becomes leaving, only then goes the order), and
/// removals that servers confirmed (the row goes). What does not fit is heard of again: orders are repeated, reports come again.
/// </summary>
internal sealed class ReplicaChanges
{
    private const int WaitingMax = 100_000;

    // Guards _leaving, _gone and _known: heartbeats and reports add, the committer takes.
    private readonly Lock _lock = new();
    private readonly Queue<ReplicaKey> _leaving = new();
    private readonly Queue<ReplicaKey> _gone = new();
    private readonly HashSet<ReplicaKey> _known = [];

    public void Leave(ServerId server, ChunkId chunk, Generation generation) => Add(_leaving, server, chunk, generation);

    public void Gone(ServerId server, ChunkId chunk, Generation generation) => Add(_gone, server, chunk, generation);

    /// <summary>The server has the replica after all: its removal goes on.</summary>
    public void NotGone(ServerId server, ChunkId chunk, Generation generation)
    {
        var key = KeyOf(server, chunk, generation);
        lock (_lock)
        {
            _known.Remove(key);
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
                }
            }

            while (taken.Gone.Count + taken.Leaving.Count < limit && _leaving.TryDequeue(out var leaving))
            {
                taken.Leaving.Add(leaving);
                _known.Remove(leaving);
            }

            return taken.Gone.Count + taken.Leaving.Count > 0 ? taken : null;
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
