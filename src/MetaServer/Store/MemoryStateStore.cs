using System.Collections.Immutable;

namespace DfsNet.MetaServer.Store;

/// <summary>
/// The store of simulation and unit tests: an immutable ordered set per applied index, so that a snapshot is a reference and a crash falls
/// back to any index since the last forced flush, as RocksDB may.
/// </summary>
public sealed class MemoryStateStore : IStateStore
{
    // What stands in for RocksDB flushing by itself when nobody forces it: older states can no longer come back.
    private const int HistoryMax = 4_096;

    private static readonly ImmutableSortedSet<Pair> Empty = ImmutableSortedSet.Create<Pair>(PairOrder.Instance);

    private readonly Queue<(ulong Index, ImmutableSortedSet<Pair> Pairs)> _history = new();
    private (ulong Index, ImmutableSortedSet<Pair> Pairs) _flushed = (0, Empty);
    private volatile Version _current = new(0, Empty);

    public ulong AppliedIndex => _current.Index;

    /// <summary>The index of the last forced flush: a crash falls back no further.</summary>
    public ulong FlushedIndex => _flushed.Index;

    public byte[]? Get(ReadOnlySpan<byte> key) => Lookup(_current.Pairs, key);

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to) => Scan(_current.Pairs, from, to);

    public IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to) => ScanBack(_current.Pairs, from, to);

    public void Apply(ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes)
    {
        var pairs = _current.Pairs.ToBuilder();
        foreach (var (key, value) in changes)
        {
            pairs.Remove(new Pair(key, []));
            if (value is not null)
            {
                pairs.Add(new Pair(key, value));
            }
        }

        _current = new Version(index, pairs.ToImmutable());
        _history.Enqueue((_current.Index, _current.Pairs));
        if (_history.Count > HistoryMax)
        {
            _flushed = _history.Dequeue();
        }
    }

    public IStateSnapshot OpenSnapshot() => new Snapshot(_current);

    public ValueTask<ulong> FlushAsync() => ValueTask.FromResult(FlushTo(AppliedIndex));

    /// <summary>Ends a forced flush that began when <paramref name="index"/> was applied; returns the index flushed now.</summary>
    public ulong FlushTo(ulong index)
    {
        while (_history.TryPeek(out var oldest) && oldest.Index <= index)
        {
            _flushed = _history.Dequeue();
        }

        return _flushed.Index;
    }

    /// <summary>Falls back to an index drawn between the last forced flush and the applied one.</summary>
    public void Crash(Random random)
    {
        int kept = random.Next(_history.Count + 1);
        CrashTo(kept == 0 ? _flushed.Index : _history.ElementAt(kept - 1).Index);
    }

    /// <summary>Falls back to the newest state at or below <paramref name="index"/>, but never behind the last forced flush.</summary>
    public void CrashTo(ulong index)
    {
        FlushTo(index);
        _history.Clear();
        _current = new Version(_flushed.Index, _flushed.Pairs);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static byte[]? Lookup(ImmutableSortedSet<Pair> pairs, ReadOnlySpan<byte> key) =>
        pairs.TryGetValue(new Pair(key.ToArray(), []), out var found) ? found.Value : null;

    private static IEnumerable<KeyValuePair<byte[], byte[]>> Scan(ImmutableSortedSet<Pair> pairs, byte[] from, byte[] to)
    {
        for (int i = FirstAtOrAfter(pairs, from), end = FirstAtOrAfter(pairs, to); i < end; i++)
        {
            yield return new KeyValuePair<byte[], byte[]>(pairs[i].Key, pairs[i].Value);
        }
    }

    private static IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(ImmutableSortedSet<Pair> pairs, byte[] from, byte[] to)
    {
        for (int i = FirstAtOrAfter(pairs, to) - 1, end = FirstAtOrAfter(pairs, from); i >= end; i--)
        {
            yield return new KeyValuePair<byte[], byte[]>(pairs[i].Key, pairs[i].Value);
        }
    }

    private static int FirstAtOrAfter(ImmutableSortedSet<Pair> pairs, byte[] key)
    {
        int position = pairs.IndexOf(new Pair(key, []));
        return position < 0 ? ~position : position;
    }

    /// <summary>A key and its value; ordered and found by the key alone.</summary>
    private readonly record struct Pair(byte[] Key, byte[] Value);

    /// <summary>What the store held at one index.</summary>
    private sealed record Version(ulong Index, ImmutableSortedSet<Pair> Pairs);

    /// <summary>Unsigned byte order of keys.</summary>
    private sealed class PairOrder : IComparer<Pair>
    {
        public static readonly PairOrder Instance = new();

        public int Compare(Pair x, Pair y) => x.Key.AsSpan().SequenceCompareTo(y.Key);
    }

    /// <summary>A reference to what the store held.</summary>
    private sealed class Snapshot(Version version) : IStateSnapshot
    {
        public ulong AppliedIndex => version.Index;

        public byte[]? Get(ReadOnlySpan<byte> key) => Lookup(version.Pairs, key);

        public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to) => MemoryStateStore.Scan(version.Pairs, from, to);

        public IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to) =>
            MemoryStateStore.ScanBack(version.Pairs, from, to);

        public void Dispose()
        {
        }
    }
}
