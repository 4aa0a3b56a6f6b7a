using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.State;

/// <summary>A store whose look-ups of names fail once it is broken, as a damaged block of a file would make them.</summary>
internal sealed class UnreadableStore : IStateStore
{
    private readonly MemoryStateStore _store = new();

    public bool IsBroken { get; set; }

    public ulong AppliedIndex => _store.AppliedIndex;

    public byte[]? Get(ReadOnlySpan<byte> key) => IsBroken && key[0] == Keys.DirentTable
        ? throw new DfsException(ErrorCode.Corrupt, "read the state store", "block checksum mismatch")
        : _store.Get(key);

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to) => _store.Scan(from, to);

    public IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to) => _store.ScanBack(from, to);

    public void Apply(ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes) => _store.Apply(index, changes);

    public IStateSnapshot OpenSnapshot() => _store.OpenSnapshot();

    public ValueTask<ulong> FlushAsync() => _store.FlushAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
