using DfsNet.Storage.Disk;

namespace DfsNet.Devices;

/// <summary>A handle on a simulated file; dead after the crash that follows its opening.</summary>
internal sealed class SimulatedFile(SimulatedDisk disk, string path, SimulatedInode inode, long epoch) : IDiskFile
{
    private bool _closed;

    public ValueTask<long> GetLengthAsync() => RunAsync(_ => inode.Length);

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer) =>
        RunAsync(images => images.Read(path, inode, offset, buffer.Span));

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data) =>
        RunAsync(images => images.Write(path, inode, offset, data.Span));

    public ValueTask FlushAsync() => RunAsync(images => images.Flush(path, inode, inode.BeginFlush()));

    public ValueTask AllocateAsync(long length) => RunAsync(images => images.Allocate(path, inode, length));

    public ValueTask SetLengthAsync(long length) => RunAsync(images => images.SetLength(path, inode, length));

    public ValueTask DisposeAsync()
    {
        _closed = true;
        return ValueTask.CompletedTask;
    }

    private async ValueTask RunAsync(Action<DiskImages> operation) => await RunAsync(images =>
    {
        operation(images);
        return true;
    }).ConfigureAwait(false);

    private ValueTask<T> RunAsync<T>(Func<DiskImages, T> operation)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return disk.RunAsync(images =>
        {
            images.RequireAlive(epoch);
            return operation(images);
        });
    }
}
