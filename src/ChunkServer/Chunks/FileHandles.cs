using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Open files of chunks: those in use, and a bounded number of idle ones, least recently used first out.</summary>
internal sealed class FileHandles(IDisk disk, int idleMax) : IAsyncDisposable
{
    // Guards _handles, _idle and the fields of every handle.
    private readonly Lock _gate = new();
    private readonly Dictionary<ChunkId, Handle> _handles = [];
    private readonly LinkedList<Handle> _idle = [];

    /// <summary>Opens a chunk's file, or shares it when it is open. The lease is released once.</summary>
    public async ValueTask<Lease> AcquireAsync(ChunkId chunk)
    {
        Handle? handle;
        lock (_gate)
        {
            if (_handles.TryGetValue(chunk, out handle))
            {
                Use(handle);
            }
            else
            {
                handle = new Handle(chunk, disk.OpenAsync(ChunkPath.File(chunk), FileOpening.Existing).AsTask());
                _handles.Add(chunk, handle);
            }
        }

        try
        {
            return new Lease(this, handle, await handle.Opening.ConfigureAwait(false));
        }
        catch (DiskException)
        {
            lock (_gate)
            {
                // A failed opening is not kept: the next caller tries again.
                Forget(handle);
            }

            throw;
        }
    }

    /// <summary>Takes over a file that was just created.</summary>
    public Lease Adopt(ChunkId chunk, IDiskFile file)
    {
        var handle = new Handle(chunk, Task.FromResult(file));
        lock (_gate)
        {
            Invariant.Require(_handles.TryAdd(chunk, handle), "a new chunk has no open file");
        }

        return new Lease(this, handle, file);
    }

    /// <summary>The chunk's file is going away or being replaced: users finish with the old one, nobody else gets it.</summary>
    public async ValueTask ForgetAsync(ChunkId chunk)
    {
        Handle? idle = null;
        lock (_gate)
        {
            if (_handles.TryGetValue(chunk, out var handle))
            {
                bool unused = handle.IdleNode is not null;
                Forget(handle);
                idle = unused ? handle : null;
            }
        }

        await CloseAsync(idle).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        List<Handle> idle;
        lock (_gate)
        {
            idle = [.. _idle];
            foreach (var handle in idle)
            {
                Forget(handle);
            }

            // Those in use are closed by their last user.
            foreach (var handle in _handles.Values)
            {
                handle.Kept = false;
            }

            _handles.Clear();
        }

        foreach (var handle in idle)
        {
            await CloseAsync(handle).ConfigureAwait(false);
        }
    }

    private void Use(Handle handle)
    {
        handle.Users++;
        if (handle.IdleNode is { } node)
        {
            _idle.Remove(node);
            handle.IdleNode = null;
        }
    }

    private void Forget(Handle handle)
    {
        if (handle.IdleNode is { } node)
        {
            _idle.Remove(node);
            handle.IdleNode = null;
        }

        if (handle.Kept)
        {
            handle.Kept = false;
            _handles.Remove(handle.Chunk);
        }
    }

    private ValueTask ReleaseAsync(Handle handle)
    {
        Handle? closing = null;
        lock (_gate)
        {
            handle.Users--;
            if (handle.Users > 0)
            {
                return ValueTask.CompletedTask;
            }

            if (!handle.Kept)
            {
                closing = handle;
            }
            else
            {
                handle.IdleNode = _idle.AddLast(handle);
                if (_idle.Count > idleMax)
                {
                    closing = _idle.First!.Value;
                    Forget(closing);
                }
            }
        }

        return CloseAsync(closing);
    }

    private static async ValueTask CloseAsync(Handle? handle)
    {
        if (handle is not null)
        {
            var file = await handle.Opening.ConfigureAwait(false);
            await file.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A share of an open file.</summary>
    public readonly struct Lease(FileHandles owner, Handle handle, IDiskFile file)
    {
        public IDiskFile File { get; } = file;

        public ValueTask ReleaseAsync() => owner.ReleaseAsync(handle);
    }

    /// <summary>One open file and who uses it.</summary>
    public sealed class Handle(ChunkId chunk, Task<IDiskFile> opening)
    {
        public ChunkId Chunk { get; } = chunk;

        public Task<IDiskFile> Opening { get; } = opening;

        public int Users { get; set; } = 1;

        public bool Kept { get; set; } = true;

        public LinkedListNode<Handle>? IdleNode { get; set; }
    }
}
