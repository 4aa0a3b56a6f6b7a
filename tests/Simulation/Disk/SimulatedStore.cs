using DfsNet.MetaServer.Store;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Disk;

/// <summary>One life's view of the state store: nothing that a dead process does changes it.</summary>
internal sealed class SimulatedStore(MemoryStateStore i, Life l) : IStateStore
{
    public ulong AppliedIndex => i.AppliedIndex;
    public ulong FlushedIndex => i.FlushedIndex;
    public byte[]? Get(ReadOnlySpan<byte> key) => i.Get(key);
    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to) => i.Scan(from, to);
    public IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to) => i.ScanBack(from, to);
    public void Apply(ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes) { if (l.IsAlive) i.Apply(index, changes); }
    public IStateSnapshot OpenSnapshot() => i.OpenSnapshot();
    public ValueTask<ulong> FlushAsync() => i.FlushAsync();
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
