namespace DfsNet.MetaServer.Store;

/// <summary>
/// The ordered key-value store under the state machine: one key space, keys in unsigned byte order. RocksDB in production, an ordered map
/// in simulation and unit tests; one conformance suite runs against both. One writer; readers use snapshots.
/// After a crash it holds the state of some index between the last forced flush and the last applied batch, never a part of a batch.
/// </summary>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>The newest value, or null.</summary>
    byte[]? Get(ReadOnlySpan<byte> key);

    /// <summary>Pairs with <paramref name="from"/> ≤ key &lt; <paramref name="to"/>, in order; not to be interleaved with Apply.</summary>
    IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to);

    /// <summary>Applies a batch whole and remembers <paramref name="index"/> as the applied index in the same batch.</summary>
    void Apply(ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes);

    /// <summary>The index of the newest applied batch; 0 for an empty store.</summary>
    ulong AppliedIndex { get; }

    /// <summary>A view of one applied index, for readers; disposed by its user.</summary>
    IStateSnapshot OpenSnapshot();

    /// <summary>Forces what is applied to stable storage and returns the index read back from flushed files.</summary>
    ValueTask<ulong> FlushAsync();
}

/// <summary>A consistent view of the store.</summary>
public interface IStateSnapshot : IDisposable
{
    byte[]? Get(ReadOnlySpan<byte> key);

    IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to);

    ulong AppliedIndex { get; }
}
