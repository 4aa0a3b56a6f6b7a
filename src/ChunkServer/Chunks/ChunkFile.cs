using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// The file of a chunk that is written: its descriptor stays open until what it wrote is flushed, and one flush serves everybody who asked
/// before it began. A failed flush is final: none is tried again.
/// </summary>
internal sealed class ChunkFile(FileHandles.Lease lease)
{
    // Guards the fields below.
    private readonly Lock _gate = new();
    private TaskCompletionSource? _next;
    private bool _running;
    private bool _dirty;
    private DiskException? _failure;
    private int _released;

    public IDiskFile File => lease.File;

    /// <summary>Something was written since the last flush began.</summary>
    public bool Dirty
    {
        get
        {
            lock (_gate)
            {
                return _dirty || _running;
            }
        }
    }

    /// <summary>Writes chunk bytes.</summary>
    public async ValueTask WriteAsync(int offset, ReadOnlyMemory<byte> data)
    {
        try
        {
            await lease.File.WriteAsync(ChunkHeader.AreaBytes + offset, data).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                // After the write: a flush that ran meanwhile may not have covered it.
                _dirty = true;
            }
        }
    }

    /// <summary>Makes everything durable whose write ended before this call.</summary>
    public Task FlushAsync()
    {
        Task flushed;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return Task.FromException(_failure);
            }

            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            flushed = _next.Task;
            if (_running)
            {
                return flushed;
            }

            _running = true;
        }

        _ = RunAsync();
        return flushed;
    }

    /// <summary>Gives the descriptor back; repeating it is no error.</summary>
    public ValueTask ReleaseAsync() => Interlocked.Exchange(ref _released, 1) == 0 ? lease.ReleaseAsync() : ValueTask.CompletedTask;

    private async Task RunAsync()
    {
        while (true)
        {
            TaskCompletionSource round;
            lock (_gate)
            {
                if (_next is null)
                {
                    _running = false;
                    return;
                }

                round = _next;
                _next = null;
                _dirty = false;
            }

            try
            {
                await lease.File.FlushAsync().ConfigureAwait(false);
                round.SetResult();
            }
            catch (DiskException error)
            {
                Fail(round, error);
                return;
            }
        }
    }

    private void Fail(TaskCompletionSource round, DiskException error)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _failure = error;
            _running = false;
            _dirty = true;
            waiting = _next;
            _next = null;
        }

        round.SetException(error);
        waiting?.SetException(error);
    }
}
