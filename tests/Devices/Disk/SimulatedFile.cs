using DfsNet.Storage.Disk;

namespace DfsNet.Devices;

/// <summary>A handle on a simulated file; dead after the crash that follows its opening.</summary>
internal sealed class SimulatedFile(SimulatedDisk disk, string path, SimulatedInode inode, long epoch) : IDiskFile
{
    private bool _closed;

    public ValueTask<long> GetLengthAsync() => RunAsync(() => inode.Length);

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer) => RunAsync(() => inode.Read(offset, buffer.Span));

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data) => await RunAsync(() =>
    {
        long end = offset + data.Length;
        if (disk.NextWriteFailure(end - inode.OccupiedBytes) is { } failure)
        {
            // Any part of it may have been written; not all of it, or nobody would report an error.
            inode.Write(offset, data.Span[..disk.Random.Next(0, Math.Max(1, data.Length))]);
            throw SimulatedDisk.Error(failure, "pwrite", path);
        }

        disk.Change("pwrite", path, () => inode.Write(offset, data.Span));
        return true;
    }).ConfigureAwait(false);

    public async ValueTask FlushAsync() => await RunAsync(() =>
    {
        disk.FlushOrFail("fdatasync", path, inode.Flush, () => inode.FailFlush(disk.Random));
        return true;
    }).ConfigureAwait(false);

    public async ValueTask AllocateAsync(long length) => await RunAsync(() =>
    {
        if (disk.NextWriteFailure(length - inode.OccupiedBytes) is { } failure)
        {
            throw SimulatedDisk.Error(failure, "fallocate", path);
        }

        disk.Change("fallocate", path, () => inode.Reserve(length));
        return true;
    }).ConfigureAwait(false);

    public async ValueTask SetLengthAsync(long length) => await RunAsync(() =>
    {
        disk.FailWhereAsked("ftruncate", path);
        disk.Change("ftruncate", path, () => inode.SetLength(length));
        return true;
    }).ConfigureAwait(false);

    public ValueTask DisposeAsync()
    {
        _closed = true;
        return ValueTask.CompletedTask;
    }

    private ValueTask<T> RunAsync<T>(Func<T> operation)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return disk.RunAsync(() =>
        {
            disk.RequireAlive(epoch);
            return operation();
        });
    }
}
