namespace DfsNet.Storage.Disk;

/// <summary>
/// A disk that can be made slow, full or silent for a time, and whose bytes can be spoilt: for fault drills on running servers.
/// Undisturbed it passes everything on as it is. Safe for concurrent use.
/// </summary>
public sealed class DisturbedDisk(IDisk inner, TimeProvider time) : IDisk
{
    // What a dying hard disk takes that reads a sector again and again.
    private static readonly TimeSpan SlowFlush = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan SlowRead = TimeSpan.FromMilliseconds(100);

    private long _slowUntil = long.MinValue;
    private long _fullUntil = long.MinValue;
    private long _hungUntil = long.MinValue;

    public string Location => inner.Location;

    private bool IsFull => time.GetTimestamp() < Volatile.Read(ref _fullUntil);

    /// <summary>Lets every flush and every read of a file wait, for so long.</summary>
    public void SlowDown(TimeSpan duration) => Volatile.Write(ref _slowUntil, After(duration));

    /// <summary>Refuses to let any file grow, and reports no free space, for so long.</summary>
    public void Fill(TimeSpan duration) => Volatile.Write(ref _fullUntil, After(duration));

    /// <summary>Answers nothing that is asked from now on before the time is over.</summary>
    public void Hang(TimeSpan duration) => Volatile.Write(ref _hungUntil, After(duration));

    /// <summary>Flips one bit of a file, on stable storage.</summary>
    /// <exception cref="DiskException">As of the file's operations.</exception>
    public async Task FlipBitAsync(string path, long offset)
    {
        var file = await inner.OpenAsync(path, FileOpening.Existing).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            byte[] one = new byte[1];
            await file.ReadAsync(offset, one).ConfigureAwait(false);
            one[0] ^= 1;
            await file.WriteAsync(offset, one).ConfigureAwait(false);
            await file.FlushAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening)
    {
        await PassAsync().ConfigureAwait(false);
        return new DisturbedFile(this, path, await inner.OpenAsync(path, opening).ConfigureAwait(false));
    }

    public async ValueTask<bool> ExistsAsync(string path)
    {
        await PassAsync().ConfigureAwait(false);
        return await inner.ExistsAsync(path).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<string>> ListAsync(string directory)
    {
        await PassAsync().ConfigureAwait(false);
        return await inner.ListAsync(directory).ConfigureAwait(false);
    }

    public async ValueTask CreateDirectoryAsync(string directory)
    {
        await PassAsync().ConfigureAwait(false);
        await inner.CreateDirectoryAsync(directory).ConfigureAwait(false);
    }

    public async ValueTask RenameAsync(string source, string target)
    {
        await PassAsync().ConfigureAwait(false);
        await inner.RenameAsync(source, target).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string path)
    {
        await PassAsync().ConfigureAwait(false);
        await inner.DeleteAsync(path).ConfigureAwait(false);
    }

    public async ValueTask FlushDirectoryAsync(string directory)
    {
        await PassAsync(SlowFlush).ConfigureAwait(false);
        await inner.FlushDirectoryAsync(directory).ConfigureAwait(false);
    }

    public async ValueTask<DiskSpace> GetSpaceAsync()
    {
        await PassAsync().ConfigureAwait(false);
        var space = await inner.GetSpaceAsync().ConfigureAwait(false);
        return IsFull ? space with { AvailableBytes = 0 } : space;
    }

    public ValueTask<IAsyncDisposable> LockAsync(string path) => inner.LockAsync(path);

    private long After(TimeSpan duration) => time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency);

    /// <summary>Waits while the disk is silent, or for <paramref name="delay"/> while it is slow.</summary>
    private ValueTask PassAsync(TimeSpan delay = default)
    {
        long now = time.GetTimestamp();
        long until = Volatile.Read(ref _hungUntil);
        return now < until ? new ValueTask(Task.Delay(time.GetElapsedTime(now, until), time))
            : delay > TimeSpan.Zero && now < Volatile.Read(ref _slowUntil) ? new ValueTask(Task.Delay(delay, time))
            : ValueTask.CompletedTask;
    }

    /// <summary>A file of such a disk.</summary>
    private sealed class DisturbedFile(DisturbedDisk disk, string path, IDiskFile inner) : IDiskFile
    {
        private const int NoSpace = 28; // ENOSPC

        public ValueTask<long> GetLengthAsync() => inner.GetLengthAsync();

        public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer)
        {
            await disk.PassAsync(SlowRead).ConfigureAwait(false);
            return await inner.ReadAsync(offset, buffer).ConfigureAwait(false);
        }

        public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data)
        {
            await disk.PassAsync().ConfigureAwait(false);
            if (disk.IsFull && offset + data.Length > await inner.GetLengthAsync().ConfigureAwait(false))
            {
                throw Full("pwrite");
            }

            await inner.WriteAsync(offset, data).ConfigureAwait(false);
        }

        public async ValueTask FlushAsync()
        {
            await disk.PassAsync(SlowFlush).ConfigureAwait(false);
            await inner.FlushAsync().ConfigureAwait(false);
        }

        public async ValueTask AllocateAsync(long length)
        {
            await disk.PassAsync().ConfigureAwait(false);
            await (disk.IsFull ? throw Full("fallocate") : inner.AllocateAsync(length)).ConfigureAwait(false);
        }

        public async ValueTask SetLengthAsync(long length)
        {
            await disk.PassAsync().ConfigureAwait(false);
            await inner.SetLengthAsync(length).ConfigureAwait(false);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private DiskException Full(string operation) => new(DiskFailure.Full, operation, path, NoSpace, "no space left, in a drill");
    }
}
