using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>One at a time for each chunk: creation, seal, removal, import and checkpoint of the same chunk wait for each other.</summary>
internal sealed class ChunkGates
{
    // Guards _gates and the counts in it.
    private readonly Lock _lock = new();
    private readonly Dictionary<ChunkId, Gate> _gates = [];

    /// <summary>Waits until the chunk is free, and takes it until the result is disposed.</summary>
    public async ValueTask<Held> EnterAsync(ChunkId chunk, CancellationToken cancellation)
    {
        Gate? gate;
        lock (_lock)
        {
            if (!_gates.TryGetValue(chunk, out gate))
            {
                gate = new Gate();
                _gates.Add(chunk, gate);
            }

            gate.Users++;
        }

        try
        {
            await gate.Turn.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Leave(chunk, gate);
            throw;
        }

        return new Held(this, chunk, gate);
    }

    private void Leave(ChunkId chunk, Gate gate)
    {
        lock (_lock)
        {
            gate.Users--;
            if (gate.Users == 0)
            {
                _gates.Remove(chunk);
            }
        }
    }

    /// <summary>The turn of one caller.</summary>
    public readonly struct Held(ChunkGates owner, ChunkId chunk, Gate gate) : IDisposable
    {
        public void Dispose()
        {
            gate.Turn.Release();
            owner.Leave(chunk, gate);
        }
    }

    /// <summary>The queue of one chunk.</summary>
    public sealed class Gate
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public int Users { get; set; }
    }
}
