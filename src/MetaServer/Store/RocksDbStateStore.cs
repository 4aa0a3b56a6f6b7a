using System.Buffers.Binary;
using RocksDbSharp;

namespace DfsNet.MetaServer.Store;

/// <summary>
/// The store in RocksDB: one column family, its own log off (the command log is the log), the applied index inside each batch. RocksDB does
/// its own file I/O, checks its blocks' checksums and flushes whole memory tables, so that after a crash the files hold the state of one
/// index. The directory belongs to this process: RocksDB's lock refuses a second one.
/// </summary>
public sealed class RocksDbStateStore : IStateStore
{
    private static readonly byte[] AppliedKey = [Keys.StoreTable];

    // RocksDB's kPersistedTier: without its log, only what flushed files hold.
    private const int PersistedTier = 2;

    private readonly RocksDb _database;
    private readonly WriteOptions _write = new WriteOptions().DisableWal(1);
    private readonly ReadOptions _newest = new();
    private readonly RocksDbUse _use = new();
    private ulong _appliedIndex;

    private RocksDbStateStore(RocksDb database)
    {
        _database = database;
        _appliedIndex = ReadApplied(_newest);
    }

    public ulong AppliedIndex => Volatile.Read(ref _appliedIndex);

    /// <summary>Opens the store in a directory of its own, which is created when its parent exists.</summary>
    public static RocksDbStateStore Open(string directory, RocksDbStateStoreOptions options)
    {
        var tables = new BlockBasedTableOptions()
            .SetBlockCache(Cache.CreateLru((ulong)options.BlockCacheBytes))
            .SetCacheIndexAndFilterBlocks(true)
            .SetPinL0FilterAndIndexBlocksInCache(true)
            .SetIndexType(BlockBasedTableIndexType.TwoLevelIndex)
            .SetFilterPolicy(BloomFilterPolicy.Create(RocksDbStateStoreOptions.BloomBitsPerKey, false));

        // A filter of a whole file (2.5 MB at 2 million keys) does not fit into one of the cache's shards: each lookup would read and check
        // it again. Cut into blocks, filters and indexes share the cache with data, so memory stays bounded at any size.
        Native.Instance.rocksdb_block_based_options_set_partition_filters(tables.Handle, 1);
        Native.Instance.rocksdb_block_based_options_set_pin_top_level_index_and_filter(tables.Handle, 1);
        var settings = new DbOptions()
            .SetCreateIfMissing(true)
            .SetParanoidChecks(true)
            .SetDbWriteBufferSize((ulong)options.WriteBufferBytes)
            .SetWriteBufferSize((ulong)options.WriteBufferBytes / RocksDbStateStoreOptions.WriteBuffers)
            .SetMaxWriteBufferNumber(RocksDbStateStoreOptions.WriteBuffers)
            .SetMaxOpenFiles(options.OpenFilesMax)
            .SetCompression(Compression.Lz4)
            .SetMaxLogFileSize(RocksDbStateStoreOptions.InfoLogBytes)
            .SetKeepLogFileNum(RocksDbStateStoreOptions.InfoLogFiles)
            .SetStatsDumpPeriodSec(0)
            .SetBlockBasedTableFactory(tables);
        return RocksDbFailure.Guard("open the state store", () => new RocksDbStateStore(RocksDb.Open(settings, directory)));
    }

    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        _use.Enter();
        try
        {
            return RocksDbScan.Get(_database, _newest, key);
        }
        finally
        {
            _use.Leave();
        }
    }

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to) =>
        Guarded(RocksDbScan.Forward(_database, null, from, to));

    public IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to) =>
        Guarded(RocksDbScan.Backward(_database, null, from, to));

    public void Apply(ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes)
    {
        using var batch = new WriteBatch();
        foreach (var (key, value) in changes)
        {
            if (value is null)
            {
                batch.Delete(key);
            }
            else
            {
                batch.Put(key, value);
            }
        }

        Span<byte> applied = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(applied, index);
        batch.Put(AppliedKey, applied);
        try
        {
            _database.Write(batch, _write);
        }
        catch (RocksDbException error)
        {
            throw RocksDbFailure.Of("write the state store", error);
        }

        Volatile.Write(ref _appliedIndex, index);
    }

    public IStateSnapshot OpenSnapshot()
    {
        _use.Enter();
        return new Snapshot(this, _database.CreateSnapshot());
    }

    /// <summary>Runs on a pool thread: RocksDB writes and flushes files meanwhile.</summary>
    public async ValueTask<ulong> FlushAsync()
    {
        _use.Enter();
        try
        {
            return await Task.Run(Flush).ConfigureAwait(false);
        }
        finally
        {
            _use.Leave();
        }
    }

    /// <summary>Waits for snapshots and flushes to end, then closes without flushing: the command log has what is not in files.</summary>
    public async ValueTask DisposeAsync()
    {
        await _use.EndAsync().ConfigureAwait(false);
        _database.Dispose();
    }

    // The database is not closed while somebody goes through it.
    private IEnumerable<KeyValuePair<byte[], byte[]>> Guarded(IEnumerable<KeyValuePair<byte[], byte[]>> rows)
    {
        _use.Enter();
        try
        {
            foreach (var row in rows)
            {
                yield return row;
            }
        }
        finally
        {
            _use.Leave();
        }
    }

    private ulong Flush() => RocksDbFailure.Guard("flush the state store", () =>
    {
        _database.Flush(new FlushOptions().SetWaitForFlush(true));
        return ReadApplied(new ReadOptions().SetReadTier(PersistedTier));
    });

    private ulong ReadApplied(ReadOptions options) =>
        _database.Get(AppliedKey.AsSpan(), null, options) is { } value ? BinaryPrimitives.ReadUInt64BigEndian(value) : 0;

    /// <summary>A view through RocksDB's own snapshots.</summary>
    private sealed class Snapshot(RocksDbStateStore store, RocksDbSharp.Snapshot snapshot) : IStateSnapshot
    {
        private readonly ReadOptions _options = new ReadOptions().SetSnapshot(snapshot);
        private int _disposed;

        public ulong AppliedIndex => store.ReadApplied(_options);

        public byte[]? Get(ReadOnlySpan<byte> key) => RocksDbScan.Get(store._database, _options, key);

        public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to) =>
            RocksDbScan.Forward(store._database, snapshot, from, to);

        public IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to) =>
            RocksDbScan.Backward(store._database, snapshot, from, to);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                snapshot.Dispose();
                store._use.Leave();
            }
        }
    }
}
