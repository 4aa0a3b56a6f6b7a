using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Chunks whose replica changed since they were last taken: each once, so never more than the volume has.</summary>
internal sealed class ReplicaChanges
{
    // Guards the fields below.
    private readonly Lock _gate = new();
    private readonly Queue<ChunkId> _order = new();
    private readonly HashSet<ChunkId> _known = [];
    private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add(ChunkId chunk)
    {
        lock (_gate)
        {
            if (_known.Add(chunk))
            {
                _order.Enqueue(chunk);
            }

            _signal.TrySetResult();
        }
    }

    public List<ChunkId> Take(int limit)
    {
        var taken = new List<ChunkId>();
        lock (_gate)
        {
            while (taken.Count < limit && _order.TryDequeue(out var chunk))
            {
                _known.Remove(chunk);
                taken.Add(chunk);
            }

            if (_order.Count == 0 && _signal.Task.IsCompleted)
            {
                _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        return taken;
    }

    public Task WaitAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _signal.Task.WaitAsync(cancellation);
        }
    }
}
