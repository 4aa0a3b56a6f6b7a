using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// Carries out seals: cuts what is beyond, compares, and writes the header when all data is durable. So a valid header always stands
/// for a whole chunk, and whatever the journal still says of it is history.
/// </summary>
internal sealed partial class ReplicaSeal(ChunkStore store, ReplicaReads reads, Quarantine quarantine, ILogger log)
{
    private const string Step = "seal";

    public async Task SealAsync(ChunkId chunk, Generation generation, int length, uint digest, CancellationToken cancellation)
    {
        if (length is < 0 or > Limits.ChunkSizeMax)
        {
            throw new DfsException(ErrorCode.InvalidArgument, Step, $"chunk {chunk} cannot be sealed at {length}");
        }

        using var held = await store.Gates.EnterAsync(chunk, cancellation).ConfigureAwait(false);
        var replica = store.Require(chunk, generation, Step);
        if (replica.State == ReplicaState.Open)
        {
            await SealOpenAsync(replica, length, digest).ConfigureAwait(false);
        }

        Compare(replica, length, digest);
        store.Table.Changes.Add(chunk);
    }

    // Also the whole of a repeated seal.
    private void Compare(Replica replica, int length, uint digest)
    {
        if (replica.State == ReplicaState.Sealed && (replica.Length != length || replica.Digest != digest))
        {
            Refuse(replica, $"it is sealed at {replica.Length} with digest {replica.Digest:x8}, the record says {length} and {digest:x8}");
        }

        if (replica.State != ReplicaState.Sealed)
        {
            throw ChunkStore.Damaged(replica.Chunk, Step);
        }
    }

    private async Task SealOpenAsync(Replica replica, int length, uint digest)
    {
        var open = replica.Open!;
        Task<bool> last;
        lock (store.Table.Order) // guards the replica
        {
            store.RequireNotClosing(Step);
            store.StopAppends(open);
            last = open.LastAppend;
        }

        await last.ConfigureAwait(false);
        store.Health.RequireWritable(Step);
        if (replica.Length < length)
        {
            Refuse(replica, $"it ends at {replica.Length}, before its seal at {length}");
        }

        uint[] table = await GetTableAsync(replica, open, length).ConfigureAwait(false);
        uint found = BlockChecksums.Combine(table, length);
        if (found != digest)
        {
            Refuse(replica, $"its digest at {length} is {found:x8}, its seal says {digest:x8}");
        }

        try
        {
            await WriteAsync(replica, open, length, digest, table).ConfigureAwait(false);
        }
        catch (DiskException error)
        {
            throw store.Health.Take(error, Step);
        }
    }

    private async ValueTask<uint[]> GetTableAsync(Replica replica, OpenReplica open, int length)
    {
        lock (store.Table.Order) // guards the replica
        {
            if (open.Checksums.TryGetLastBlock(length, out uint known))
            {
                return open.Checksums.ToTable(length, known);
            }
        }

        uint last = await reads.GetPrefixAsync(replica.Chunk, length).ConfigureAwait(false);
        lock (store.Table.Order) // guards the replica
        {
            return open.Checksums.ToTable(length, last);
        }
    }

    private async Task WriteAsync(Replica replica, OpenReplica open, int length, uint digest, uint[] table)
    {
        var file = await GetFileAsync(replica, open).ConfigureAwait(false);
        await store.WriteUnwrittenAsync(open, file, length).ConfigureAwait(false);
        long end = ChunkHeader.AreaBytes + (long)length;
        long fileLength = await file.File.GetLengthAsync().ConfigureAwait(false);
        if (length > 0 && fileLength < end)
        {
            Refuse(replica, $"its file has {fileLength} bytes, not {end}");
        }

        await CutAsync(replica, open, length, table, mustJournal: fileLength > end).ConfigureAwait(false);
        if (fileLength > end)
        {
            await file.File.SetLengthAsync(end).ConfigureAwait(false);
        }

        // Data first: a valid header promises it.
        await file.FlushAsync().ConfigureAwait(false);
        byte[] area = ChunkHeader.Encode(replica, length, digest, table);
        await file.File.WriteAsync(0, area).ConfigureAwait(false);
        await file.FlushAsync().ConfigureAwait(false);
        lock (store.Table.Order) // guards the replica, and the order of its record
        {
            if (replica.State != ReplicaState.Open)
            {
                throw ChunkStore.Damaged(replica.Chunk, Step);
            }

            replica.State = ReplicaState.Sealed;
            replica.Open = null;
            if (!store.Closing)
            {
                // The header is what counts; the record only spares the next start from replaying the chunk.
                store.Journal.AppendUnwatched(VolumeRecord.Sealed(replica.Chunk, replica.Generation, length, digest));
            }
        }

        store.Tables.Add(replica, table);
        await file.ReleaseAsync().ConfigureAwait(false);
    }

    private async ValueTask<ChunkFile> GetFileAsync(Replica replica, OpenReplica open)
    {
        if (open.File is { } file)
        {
            return file;
        }

        file = new ChunkFile(await store.Files.AcquireAsync(replica.Chunk).ConfigureAwait(false));
        lock (store.Table.Order) // guards the replica
        {
            open.File = file;
        }

        return file;
    }

    // In memory first, so that readers of the longer replica look again instead of taking the cut for damage; and durable before the
    // file is cut, so that a crash in between does not take it for damage either.
    private async Task CutAsync(Replica replica, OpenReplica open, int length, uint[] table, bool mustJournal)
    {
        ValueTask<long> logged;
        int before;
        lock (store.Table.Order) // guards the replica, and the order of its record
        {
            before = Math.Max(open.Checksums.Length, replica.Length);
            if (before > length)
            {
                open.Checksums = open.Checksums.Cut(length, table.Length == 0 ? 0 : table[^1]);
                replica.Length = length;
                replica.Digest = open.Checksums.Digest;
                replica.Version++;
                mustJournal = true;
            }

            if (!mustJournal)
            {
                return;
            }

            store.RequireNotClosing(Step);

            logged = store.Journal.Append(VolumeRecord.OpenState(replica, open));
        }

        await logged.ConfigureAwait(false);
        if (before > length)
        {
            ReplicaCut(replica.Chunk, store.Id, length, before - length);
        }
    }

    private void Refuse(Replica replica, string what)
    {
        quarantine.TryPut(replica, replica.Version, what);
        throw ChunkStore.Damaged(replica.Chunk, Step);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The replica of chunk {Chunk} on volume {Volume} was cut to its seal at {Length}; {Bytes} bytes were beyond it")]
    private partial void ReplicaCut(ChunkId chunk, VolumeId volume, int length, int bytes);
}
