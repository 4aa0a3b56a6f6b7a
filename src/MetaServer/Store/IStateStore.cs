namespace DfsNet.MetaServer.Store;

/// <summary>Ordered reads of one key space: the store itself, a snapshot of it, or a transaction over it.</summary>
public interface IStateReads
{
    /// <summary>The value, or null.</summary>
    byte[]? Get(ReadOnlySpan<byte> key);

    /// <summary>Pairs with <paramref name="from"/> ≤ key &lt; <paramref name="to"/>, in order.</summary>
    IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to);

    /// <summary>The same pairs, the last one first.</summary>
    IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to);
}

/// <summary>
/// The ordered key-value store under the state machine: one key space, keys in unsigned byte order. RocksDB in production, an ordered map
/// in simulation and unit tests; one conformance suite runs against both. One writer; readers use snapshots.
/// After a crash it holds the state of some index between the last forced flush and the last applied batch, never a part of a batch.
/// A scan sees the store as it was when the scan began. Keys that begin with byte 0 belong to the store.
/// </summary>
public interface IStateStore : IStateReads, IAsyncDisposable
{
    /// <summary>Applies a batch whole, and <paramref name="index"/> with it as the applied index; a null value deletes.</summary>
    void Apply(ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes);

    /// <summary>The index of the newest applied batch; 0 for an empty store.</summary>
    ulong AppliedIndex { get; }

    /// <summary>A view of one applied index, for readers; disposed by its user.</summary>
    IStateSnapshot OpenSnapshot();

    /// <summary>Forces what is applied to stable storage and returns the index read back from flushed files.</summary>
    ValueTask<ulong> FlushAsync();
}

/// <summary>A consistent view of the store.</summary>
public interface IStateSnapshot : IStateReads, IDisposable
{
    ulong AppliedIndex { get; }
}
