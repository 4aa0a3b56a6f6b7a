using DfsNet.Protocol;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Removes replicas durably. Readers under way finish with the file they have.</summary>
internal sealed class ReplicaRemoval(ChunkStore store)
{
    private const string Step = "remove";

    public async Task RemoveAsync(ChunkId chunk, Generation generation, CancellationToken cancellation)
    {
        // A creation under way has the gate: what it makes is found below. One that comes later is refused.
        using var held = await store.Gates.EnterAsync(chunk, cancellation).ConfigureAwait(false);
        store.Removed.Add(chunk, generation);
        Replica? replica;
        Task<bool> last;
        lock (store.Table.Order) // guards the table
        {
            replica = store.Table.Find(chunk);
            if (replica is null)
            {
                return;
            }

            ChunkStore.RequireNotOlder(replica, generation, Step);
            store.StopAppends(replica.Open);
            last = replica.Open?.LastAppend ?? Task.FromResult(true);
        }

        await last.ConfigureAwait(false);
        store.Health.RequireWritable(Step);
        try
        {
            await JournalAsync(replica).ConfigureAwait(false);
            store.Tables.Forget(replica);
            await store.Files.ForgetAsync(chunk).ConfigureAwait(false);
            if (replica.Open?.File is { } file)
            {
                await file.ReleaseAsync().ConfigureAwait(false);
            }

            await store.Disk.DeleteAsync(ChunkPath.File(chunk)).ConfigureAwait(false);
            await store.Disk.FlushDirectoryAsync(ChunkPath.Directory(chunk)).ConfigureAwait(false);
        }
        catch (DiskException error)
        {
            // The replica stays "leaving": a repeated order goes on from here.
            throw store.Health.Take(error, Step);
        }

        lock (store.Table.Order) // guards the table
        {
            store.Table.Drop(chunk);
        }
    }

    private async Task JournalAsync(Replica replica)
    {
        ValueTask<long> journalled;
        lock (store.Table.Order) // guards the replica, and the order of its record
        {
            store.RequireNotClosing(Step);

            replica.State = ReplicaState.Leaving;
            replica.Version++;
            journalled = store.Journal.Append(VolumeRecord.Removed(replica.Chunk, replica.Generation));
        }

        try
        {
            await journalled.ConfigureAwait(false);
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Full)
        {
            // A full volume must be able to get emptier. Without the record a crash may bring the chunk back, as damaged if its file
            // is gone; it is reported then, and ordered away again.
            store.Health.Take(error, Step);
        }
    }
}
