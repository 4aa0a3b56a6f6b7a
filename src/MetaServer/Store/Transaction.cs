using Google.Protobuf;

namespace DfsNet.MetaServer.Store;

/// <summary>
/// The changes of one command over the store: reads and scans see them; they reach the store as one batch, or are forgotten.
/// A scan sees the changes made before it began.
/// </summary>
internal sealed class Transaction(IStateReads store) : IStateReads
{
    // In order of keys. A sorted list beats a tree here: most commands make about ten changes, none more than 10,000.
    private readonly List<KeyValuePair<byte[], byte[]?>> _changes = [];

    public IReadOnlyList<KeyValuePair<byte[], byte[]?>> Changes => _changes;

    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        int position = Find(key);
        return position >= 0 ? _changes[position].Value : store.Get(key);
    }

    public void Put<TRecord>(RecordKey<TRecord> key, TRecord record)
        where TRecord : class, IMessage<TRecord> => Change(key.Bytes, Records.Encode(record));

    public void Delete<TRecord>(RecordKey<TRecord> key)
        where TRecord : class => Change(key.Bytes, null);

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to) =>
        Merge(store.Scan(from, to), ChangesIn(from, to), descending: false);

    public IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to)
    {
        var changes = ChangesIn(from, to);
        changes.Reverse();
        return Merge(store.ScanBack(from, to), changes, descending: true);
    }

    private void Change(byte[] key, byte[]? value)
    {
        int position = Find(key);
        var change = new KeyValuePair<byte[], byte[]?>(key, value);
        if (position >= 0)
        {
            _changes[position] = change;
        }
        else
        {
            _changes.Insert(~position, change);
        }
    }

    private List<KeyValuePair<byte[], byte[]?>> ChangesIn(byte[] from, byte[] to)
    {
        int first = Position(from);
        int end = Math.Max(first, Position(to));
        return _changes.GetRange(first, end - first);
    }

    private static IEnumerable<KeyValuePair<byte[], byte[]>> Merge(
        IEnumerable<KeyValuePair<byte[], byte[]>> stored, List<KeyValuePair<byte[], byte[]?>> changes, bool descending)
    {
        int next = 0;
        foreach (var pair in stored)
        {
            bool replaced = false;
            while (next < changes.Count)
            {
                int order = changes[next].Key.AsSpan().SequenceCompareTo(pair.Key);
                if (descending ? order < 0 : order > 0)
                {
                    break;
                }

                replaced |= order == 0;
                if (changes[next] is { Key: var key, Value: { } value })
                {
                    yield return new KeyValuePair<byte[], byte[]>(key, value);
                }

                next++;
            }

            if (!replaced)
            {
                yield return pair;
            }
        }

        for (; next < changes.Count; next++)
        {
            if (changes[next] is { Key: var key, Value: { } value })
            {
                yield return new KeyValuePair<byte[], byte[]>(key, value);
            }
        }
    }

    private int Position(ReadOnlySpan<byte> key)
    {
        int position = Find(key);
        return position < 0 ? ~position : position;
    }

    private int Find(ReadOnlySpan<byte> key)
    {
        int low = 0;
        int high = _changes.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = _changes[middle].Key.AsSpan().SequenceCompareTo(key);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }
}
