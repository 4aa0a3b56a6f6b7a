using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Node;

/// <summary>
/// The store for one life of a process: after a crash the old process cannot touch it any more. One at a time, as RocksDB would.
/// </summary>
internal sealed class AttachedStore(MemoryStateStore inner) : IStateStore
{
    // Guards the inner store: the node flushes it beside applying.
    private readonly Lock _lock = new();
    private bool _detached;

    public ulong AppliedIndex => inner.AppliedIndex;

    public void Detach()
    {
        lock (_lock)
        {
            _detached = true;
        }
    }

    public byte[]? Get(ReadOnlySpan<byte> key) => inner.Get(key);

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to) => inner.Scan(from, to);

    public IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to) => inner.ScanBack(from, to);

    public void Apply(ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes)
    {
        lock (_lock)
        {
            RequireAttached();
            inner.Apply(index, changes);
        }
    }

    public IStateSnapshot OpenSnapshot() => inner.OpenSnapshot();

    public ValueTask<ulong> FlushAsync()
    {
        lock (_lock)
        {
            RequireAttached();
            return inner.FlushAsync();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void RequireAttached()
    {
        if (_detached)
        {
            throw new DfsException(ErrorCode.VolumeFailed, "store", "the process is dead");
        }
    }
}
