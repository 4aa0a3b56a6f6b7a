using DfsNet.Devices;
using DfsNet.Storage.Disk;

namespace DfsNet.Simulation.Disk;

/// <summary>A handle of <see cref="PacedDisk"/>.</summary>
internal sealed class PacedFile(PacedDisk disk, string path, int name, SimulatedInode inode) : IDiskFile
{
    private bool _closed;

    public ValueTask<long> GetLengthAsync()
    {
        Begin(DiskCall.GetLength, 0, 0);
        return disk.ChangeAsync(() => inode.Length);
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer)
    {
        Begin(DiskCall.Read, offset, buffer.Length);
        return disk.ReadAsync(() => disk.Images.Read(path, inode, offset, buffer.Span));
    }

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data)
    {
        Begin(DiskCall.Write, offset, data.Length);
        return disk.ChangeAsync(() => disk.Images.Write(path, inode, offset, data.Span));
    }

    public ValueTask FlushAsync()
    {
        Begin(DiskCall.Flush, 0, 0);
        var mark = inode.BeginFlush();
        return disk.FlushAsync(() => disk.Images.Flush(path, inode, mark));
    }

    public ValueTask AllocateAsync(long length)
    {
        Begin(DiskCall.Allocate, 0, length);
        return disk.ChangeAsync(() => disk.Images.Allocate(path, inode, length));
    }

    public ValueTask SetLengthAsync(long length)
    {
        Begin(DiskCall.SetLength, 0, length);
        return disk.ChangeAsync(() => disk.Images.SetLength(path, inode, length));
    }

    public ValueTask DisposeAsync()
    {
        _closed = true;
        return ValueTask.CompletedTask;
    }

    private void Begin(DiskCall call, long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        disk.Note(call, name, path, offset, length);
    }
}
