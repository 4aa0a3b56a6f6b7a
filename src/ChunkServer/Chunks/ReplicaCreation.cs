using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Creates empty replicas: file, directory entry and journal record are durable before the first append can be made.</summary>
internal sealed class ReplicaCreation(ChunkStore store, Checkpoint checkpoint)
{
    private const string Step = "create replica";

    public async Task<ReplicaWriter> CreateAsync(
        ChunkId chunk, Generation generation, int capacity, BackupMark mark, CancellationToken cancellation)
    {
        if (capacity is <= 0 or > Limits.ChunkSizeMax)
        {
            throw new DfsException(ErrorCode.InvalidArgument, Step, $"a chunk of {capacity} bytes cannot be");
        }

        store.Health.RequireWritable(Step);
        using var held = await store.Gates.EnterAsync(chunk, cancellation).ConfigureAwait(false);
        RequireNew(chunk, generation);
        await store.Space.PromiseAsync(capacity, Step).ConfigureAwait(false);
        Replica? replica = null;
        bool created = false;
        try
        {
            var lease = await CreateFileAsync(chunk).ConfigureAwait(false);
            var file = new ChunkFile(lease);
            var open = new OpenReplica(capacity, new BlockChecksums()) { File = file };
            replica = new Replica(chunk, generation) { State = ReplicaState.Open, Mark = mark, Open = open };
            await MakeDurableAsync(replica, capacity).ConfigureAwait(false);
            lock (store.Table.Order) // guards the closing flag
            {
                store.RequireNotClosing(Step);
            }

            created = true;
            return new ReplicaWriter(store, checkpoint, replica, open, file);
        }
        catch (DiskException error)
        {
            throw store.Health.Take(error, Step);
        }
        finally
        {
            if (!created)
            {
                await UndoAsync(chunk, replica, capacity).ConfigureAwait(false);
            }
        }
    }

    private void RequireNew(ChunkId chunk, Generation generation)
    {
        if (store.Removed.Contains(chunk, generation))
        {
            throw new DfsException(ErrorCode.StaleOrder, Step, $"chunk {chunk} was removed");
        }

        lock (store.Table.Order) // guards the table
        {
            store.RequireNotClosing(Step);

            if (store.Table.Find(chunk) is not null)
            {
                throw new DfsException(ErrorCode.AlreadyExists, Step, $"chunk {chunk} is on this volume already");
            }

            if (store.AppendableCount >= store.Options.OpenChunksMax)
            {
                throw new DfsException(ErrorCode.Overloaded, Step, $"volume {store.Id} has {store.Options.OpenChunksMax} open chunks");
            }
        }
    }

    private async Task<FileHandles.Lease> CreateFileAsync(ChunkId chunk)
    {
        var file = await store.Disk.OpenAsync(ChunkPath.File(chunk), FileOpening.CreateNew).ConfigureAwait(false);
        return store.Files.Adopt(chunk, file);
    }

    // Both at once: a record without its file is an empty chunk that nobody heard of, and so is a file without its record.
    private async Task MakeDurableAsync(Replica replica, int capacity)
    {
        ValueTask<long> journalled;
        lock (store.Table.Order) // guards the table, and the order of its records
        {
            store.RequireNotClosing(Step);
            store.Table.Put(replica);

            // Reported from now on, and not as one that takes no appends: its owner would be asked to seal it.
            store.StartAppends(replica.Open!);
            journalled = store.Journal.Append(VolumeRecord.Created(replica.Chunk, replica.Generation, replica.Mark, capacity));
        }

        var named = store.Disk.FlushDirectoryAsync(ChunkPath.Directory(replica.Chunk)).AsTask();
        try
        {
            await journalled.ConfigureAwait(false);
        }
        finally
        {
            await named.ConfigureAwait(false);
        }
    }

    private async Task UndoAsync(ChunkId chunk, Replica? replica, int capacity)
    {
        if (replica is null)
        {
            store.Space.Release(capacity);
            return;
        }

        lock (store.Table.Order) // guards the table
        {
            if (store.Table.Find(chunk) != replica)
            {
                store.Space.Release(capacity);
            }
            else
            {
                store.StopAppends(replica.Open);
                store.Table.Drop(chunk);
            }
        }

        await store.Files.ForgetAsync(chunk).ConfigureAwait(false);
        await replica.Open!.File!.ReleaseAsync().ConfigureAwait(false);
        if (store.Health.State != VolumeState.Failed)
        {
            try
            {
                await store.Disk.DeleteAsync(ChunkPath.File(chunk)).ConfigureAwait(false);
            }
            catch (DiskException error)
            {
                // The next start removes it: an empty file that the journal does not know.
                store.Health.Take(error, Step);
            }
        }
    }
}
