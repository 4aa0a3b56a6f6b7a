using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Copies on their way in: one for each chunk, in a file of another name until its bytes are proven and durable.</summary>
internal sealed class ReplicaImports(ChunkStore store)
{
    private const string Step = "import";

    // Guarded by the table's order.
    private readonly HashSet<ChunkId> _running = [];

    public async Task<ReplicaImport> BeginAsync(
        ChunkId chunk, Generation generation, int length, uint digest, CancellationToken cancellation)
    {
        if (length is <= 0 or > Limits.ChunkSizeMax)
        {
            throw new DfsException(ErrorCode.InvalidArgument, Step, $"chunk {chunk} cannot have {length} bytes");
        }

        store.Health.RequireWritable(Step);
        using var held = await store.Gates.EnterAsync(chunk, cancellation).ConfigureAwait(false);
        Register(chunk, generation);
        var replica = new Replica(chunk, generation) { State = ReplicaState.Sealed, Length = length, Digest = digest };
        bool promised = false;
        bool begun = false;
        try
        {
            await store.Space.PromiseAsync(length, Step).ConfigureAwait(false);
            promised = true;
            var file = await CreateFileAsync(chunk, length).ConfigureAwait(false);
            begun = true;
            return new ReplicaImport(store, this, replica, file);
        }
        catch (DiskException error)
        {
            throw store.Health.Take(error, Step);
        }
        finally
        {
            if (!begun)
            {
                End(chunk, promised ? length : 0);
            }
        }
    }

    /// <summary>Gives a finished file its name, durably, and puts the replica into the table.</summary>
    public async Task ShowAsync(Replica replica, uint[] table, CancellationToken cancellation)
    {
        var chunk = replica.Chunk;
        using var held = await store.Gates.EnterAsync(chunk, cancellation).ConfigureAwait(false);
        RequireReplaceable(chunk, replica.Generation);
        await store.Disk.RenameAsync(ChunkPath.Import(chunk), ChunkPath.File(chunk)).ConfigureAwait(false);
        await store.Disk.FlushDirectoryAsync(ChunkPath.Directory(chunk)).ConfigureAwait(false);
        Replica? replaced;
        lock (store.Table.Order) // guards the table
        {
            replaced = store.Table.Find(chunk);
            store.StopAppends(replaced?.Open);
            store.Table.Put(replica);
        }

        await store.Files.ForgetAsync(chunk).ConfigureAwait(false);
        if (replaced is not null)
        {
            store.Tables.Forget(replaced);
            await (replaced.Open?.File?.ReleaseAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        }

        store.Tables.Add(replica, table);
        store.Table.Changes.Add(chunk);
    }

    public void End(Replica replica) => End(replica.Chunk, replica.Length);

    public async ValueTask AbandonAsync(ChunkId chunk)
    {
        if (store.Health.State == VolumeState.Failed)
        {
            return;
        }

        try
        {
            await store.Disk.DeleteAsync(ChunkPath.Import(chunk)).ConfigureAwait(false);
        }
        catch (DiskException error)
        {
            // The next copy of this chunk, or the next start, removes it.
            store.Health.Take(error, Step);
        }
    }

    private void Register(ChunkId chunk, Generation generation)
    {
        lock (store.Table.Order) // guards the table and _running
        {
            store.RequireNotClosing(Step);

            RequireReplaceable(chunk, generation);
            if (!_running.Add(chunk))
            {
                throw new DfsException(ErrorCode.AlreadyExists, Step, $"chunk {chunk} is being copied to this volume already");
            }
        }
    }

    // A newer generation replaces an older replica; the metadata server has let go of that one.
    private void RequireReplaceable(ChunkId chunk, Generation generation)
    {
        lock (store.Table.Order) // guards the table
        {
            if (store.Table.Find(chunk) is not { } present)
            {
                return;
            }

            ChunkStore.RequireNotOlder(present, generation, Step);
            if (present.Generation == generation || present.State == ReplicaState.Open)
            {
                throw new DfsException(ErrorCode.AlreadyExists, Step, $"chunk {chunk} is on this volume already");
            }
        }
    }

    private async Task<IDiskFile> CreateFileAsync(ChunkId chunk, int length)
    {
        string path = ChunkPath.Import(chunk);
        await store.Disk.DeleteAsync(path).ConfigureAwait(false);
        var file = await store.Disk.OpenAsync(path, FileOpening.CreateNew).ConfigureAwait(false);
        bool allocated = false;
        try
        {
            await file.AllocateAsync(ChunkHeader.AreaBytes + (long)length).ConfigureAwait(false);
            allocated = true;
            return file;
        }
        finally
        {
            if (!allocated)
            {
                await file.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private void End(ChunkId chunk, long promisedBytes)
    {
        lock (store.Table.Order) // guards _running
        {
            _running.Remove(chunk);
        }

        store.Space.Release(promisedBytes);
    }
}
