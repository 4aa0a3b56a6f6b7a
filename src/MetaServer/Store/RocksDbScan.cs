using RocksDbSharp;

namespace DfsNet.MetaServer.Store;

/// <summary>Reads of one view of the database; a failed read is an error, never a missing row.</summary>
internal static class RocksDbScan
{
    public static byte[]? Get(RocksDb database, ReadOptions options, ReadOnlySpan<byte> key)
    {
        try
        {
            return database.Get(key, null, options);
        }
        catch (RocksDbException error)
        {
            throw RocksDbFailure.Of("read the state store", error);
        }
    }

    public static IEnumerable<KeyValuePair<byte[], byte[]>> Forward(RocksDb database, Snapshot? snapshot, byte[] from, byte[] to)
    {
        using var iterator = database.NewIterator(null, Range(snapshot, from, to));
        for (iterator.Seek(from); iterator.Valid(); iterator.Next())
        {
            yield return new KeyValuePair<byte[], byte[]>(iterator.Key(), iterator.Value());
        }

        RequireWhole(iterator);
    }

    public static IEnumerable<KeyValuePair<byte[], byte[]>> Backward(RocksDb database, Snapshot? snapshot, byte[] from, byte[] to)
    {
        // The upper bound keeps the position below "to": the last key within the bounds is where the way back begins.
        using var iterator = database.NewIterator(null, Range(snapshot, from, to));
        for (iterator.SeekToLast(); iterator.Valid(); iterator.Prev())
        {
            yield return new KeyValuePair<byte[], byte[]>(iterator.Key(), iterator.Value());
        }

        RequireWhole(iterator);
    }

    private static ReadOptions Range(Snapshot? snapshot, byte[] from, byte[] to)
    {
        var options = new ReadOptions().SetIterateLowerBound(from).SetIterateUpperBound(to);
        return snapshot is null ? options : options.SetSnapshot(snapshot);
    }

    private static void RequireWhole(Iterator iterator)
    {
        try
        {
            Native.Instance.rocksdb_iter_get_error(iterator.Handle);
        }
        catch (RocksDbException error)
        {
            throw RocksDbFailure.Of("scan the state store", error);
        }
    }
}
