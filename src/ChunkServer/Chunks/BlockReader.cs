using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// Reads whole blocks and lets none out that does not match its checksum. Bytes below a snapshot's length never change, so bytes and
/// checksums of one snapshot belong together, also in the unfinished block.
/// </summary>
internal sealed class BlockReader(ChunkStore store, Quarantine quarantine)
{
    private const string Step = "read";

    // A replica is cut or replaced at most a few times in its life; more than this would be a defect.
    private const int AttemptsMax = 8;

    /// <summary>
    /// Verified bytes [blockIndex · block size, end), where end is the end of the last block or of the replica; at most 1 MiB.
    /// </summary>
    public async ValueTask<(BulkBuffer Bytes, BlockSnapshot Snapshot)> ReadAsync(
        ChunkId chunk, int firstBlock, int blockCount, int requiredLength)
    {
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var snapshot = await SnapshotAsync(chunk, requiredLength).ConfigureAwait(false);
            int start = firstBlock * Limits.BlockSize;
            int end = (int)Math.Min(snapshot.Length, start + ((long)blockCount * Limits.BlockSize));
            if (end <= start)
            {
                throw ChunkStore.NotFound(chunk, Step);
            }

            var bytes = BulkBuffer.Rent(end - start);
            bool good = false;
            try
            {
                good = await TryFillAsync(snapshot, firstBlock, start, bytes).ConfigureAwait(false);
                if (good)
                {
                    return (bytes, snapshot);
                }
            }
            finally
            {
                if (!good)
                {
                    bytes.Dispose();
                }
            }
        }

        throw ChunkStore.NotFound(chunk, Step);
    }

    /// <summary>
    /// Length and block checksums that belong together; throws when the replica cannot serve [0, <paramref name="requiredLength"/>).
    /// </summary>
    public async ValueTask<BlockSnapshot> SnapshotAsync(ChunkId chunk, int requiredLength)
    {
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            Replica replica;
            int version;
            lock (store.Table.Order) // guards the table
            {
                replica = Require(chunk, requiredLength);
                version = replica.Version;
                if (replica.State == ReplicaState.Open)
                {
                    return Snapshot(replica);
                }
            }

            if (await LoadTableAsync(replica, version).ConfigureAwait(false) is { } table)
            {
                return new BlockSnapshot(replica, version, replica.Length, replica.Digest, table);
            }
        }

        throw ChunkStore.NotFound(chunk, Step);
    }

    /// <summary>As <see cref="SnapshotAsync"/>, with the table read from the disk and not from memory.</summary>
    public ValueTask<BlockSnapshot> SnapshotFromDiskAsync(ChunkId chunk)
    {
        lock (store.Table.Order) // guards the table
        {
            store.Tables.Forget(Require(chunk, 0));
        }

        return SnapshotAsync(chunk, 0);
    }

    /// <summary>
    /// Damage was found under a snapshot: true when the replica is in quarantine now, false when it only changed meanwhile.
    /// </summary>
    public bool Report(BlockSnapshot snapshot, string what) => quarantine.TryPut(snapshot.Replica, snapshot.Version, what);

    private Replica Require(ChunkId chunk, int requiredLength)
    {
        var replica = store.Table.Find(chunk);
        if (replica is null or { State: ReplicaState.Leaving })
        {
            throw ChunkStore.NotFound(chunk, Step);
        }

        if (replica.State == ReplicaState.Damaged)
        {
            throw ChunkStore.Damaged(chunk, Step);
        }

        if (requiredLength > replica.Length)
        {
            throw new DfsException(
                ErrorCode.ChunkNotFound, Step, $"chunk {chunk} has {replica.Length} bytes on this volume, not {requiredLength}");
        }

        return replica;
    }

    private static BlockSnapshot Snapshot(Replica replica)
    {
        var checksums = replica.Open!.Checksums;
        bool known = checksums.TryGetLastBlock(replica.Length, out uint last);
        Invariant.Require(known, "the acknowledged end is a frame end that is still known");
        return new BlockSnapshot(
            replica, replica.Version, replica.Length, replica.Digest, checksums.ToTable(replica.Length, last), replica.Open.Unwritten);
    }

    // Null when the replica changed while its table was read: look again.
    private async ValueTask<uint[]?> LoadTableAsync(Replica replica, int version)
    {
        if (store.Tables.Find(replica) is { } cached)
        {
            return cached;
        }

        byte[] area = new byte[ChunkHeader.AreaBytes];
        int read = await ReadFileAsync(replica, version, 0, area).ConfigureAwait(false);
        if (read == area.Length
            && ChunkHeader.TryRead(area, out var header)
            && header.Chunk == replica.Chunk && header.Generation == replica.Generation
            && header.Length == replica.Length && header.Digest == replica.Digest
            && header.ReadTable(area) is { } table)
        {
            store.Tables.Add(replica, table);
            return table;
        }

        return quarantine.TryPut(replica, version, "its header is damaged") ? throw ChunkStore.Damaged(replica.Chunk, Step) : null;
    }

    private async ValueTask<bool> TryFillAsync(BlockSnapshot snapshot, int firstBlock, int start, BulkBuffer bytes)
    {
        long offset = ChunkHeader.AreaBytes + (long)start;
        int read = await ReadFileAsync(snapshot.Replica, snapshot.Version, offset, bytes.Memory).ConfigureAwait(false);
        read = snapshot.Unwritten?.Fill(start, bytes.Span, read) ?? read;
        int bad = read < bytes.Length ? firstBlock + (read / Limits.BlockSize) : FindBadBlock(snapshot, firstBlock, bytes.Span);
        if (bad < 0)
        {
            return true;
        }

        string what = read < bytes.Length ? $"its file ends inside block {bad}" : $"block {bad} does not match its checksum";
        return Report(snapshot, what) ? throw ChunkStore.Damaged(snapshot.Replica.Chunk, Step) : false;
    }

    private static int FindBadBlock(BlockSnapshot snapshot, int block, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length > 0; block++)
        {
            var data = bytes[..Math.Min(bytes.Length, Limits.BlockSize)];
            if (Crc32C.Compute(data) != snapshot.Table[block])
            {
                return block;
            }

            bytes = bytes[data.Length..];
        }

        return -1;
    }

    // A file that is gone or cannot be read is damage like any other; an I/O error fails the volume besides.
    private async ValueTask<int> ReadFileAsync(Replica replica, int version, long offset, Memory<byte> buffer)
    {
        try
        {
            var lease = await store.Files.AcquireAsync(replica.Chunk).ConfigureAwait(false);
            try
            {
                return await lease.File.ReadAsync(offset, buffer).ConfigureAwait(false);
            }
            finally
            {
                await lease.ReleaseAsync().ConfigureAwait(false);
            }
        }
        catch (DiskException error) when (error.Failure is DiskFailure.Failed or DiskFailure.NotFound)
        {
            if (quarantine.TryPut(replica, version, error.Message))
            {
                var failure = store.Health.Take(error, Step);
                throw new DfsException(ErrorCode.ChecksumMismatch, Step, $"the replica of chunk {replica.Chunk} cannot be read", failure);
            }

            return 0; // removed or replaced meanwhile: the caller looks again
        }
        catch (DiskException error)
        {
            throw store.Health.Take(error, Step);
        }
    }
}

/// <summary>A replica's length, digest and (unsalted) block checksums at one moment, and its bytes that are not in the file yet.</summary>
internal readonly record struct BlockSnapshot(
    Replica Replica, int Version, int Length, uint Digest, uint[] Table, UnwrittenAppends? Unwritten = null);
