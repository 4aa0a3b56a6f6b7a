using DfsNet.Storage.Disk;

namespace DfsNet.Devices;

/// <summary>
/// A disk in memory, with faults. One <see cref="Random"/> makes every choice; with one thread a seed repeats a run exactly.
/// <para>The fault model:</para>
/// <list type="bullet">
/// <item>Two images of everything: live (what processes see) and durable (what a power cut leaves).</item>
/// <item>Sectors have 512 bytes. A crash keeps, loses or tears each sector written since the last flush, independently and in any order.
/// A torn sector has some new bytes and then old ones; bytes that a write did not change survive it.</item>
/// <item>A length changed since the last flush ends up old, new or between; what was never written reads as zeros.</item>
/// <item>A creation, removal or renaming since the last flush of its directory happened or did not, each on its own; a renaming is one
/// step. Flushing a file does not flush its name. Directories are durable at once.</item>
/// <item>A flush covers what was written before it began: what is written while it runs needs another one.</item>
/// <item>A crash kills handles and locks; every later call through them, and every call before <see cref="Restart"/>, fails.
/// <see cref="Kill"/> does the same to a process alone: the live image stays, as the page cache does.</item>
/// <item>A failed flush leaves some sectors durable; the others look written and are lost: a later flush succeeds without them. Flushes of
/// the same file that had begun by then fail too. A failed flush of a directory leaves its names as unflushed as they were.</item>
/// <item>A failed write has written any part of its data. On a full disk writes into reserved or existing space succeed.</item>
/// <item>A lost write is acknowledged, also by every later flush, and never reaches either image; the file grows all the same. A
/// misdirected write does its damage in a wrong sector of any file, in both images, and leaves its own place as a lost one does.</item>
/// <item>A read of a broken sector fails: once, or until the sector is written again. A failed read says nothing about the next.</item>
/// <item>A lying flush, of files or of directories, succeeds and makes nothing durable.</item>
/// <item>Rot (<see cref="FlipBit"/>, <see cref="Overwrite"/>) changes both images silently.</item>
/// <item>A stall holds every operation until it is over by the injected clock.</item>
/// </list>
/// </summary>
/// <param name="random">Makes every choice.</param>
/// <param name="time">The clock of stalls; without one this disk never waits, and whoever uses its images does.</param>
public sealed class SimulatedDisk(Random random, TimeProvider? time = null) : IDisk
{
    private readonly object _gate = new();
    private long _stallEnd;

    public string Location => "simulated disk";

    /// <summary>Down since a crash or a kill, until <see cref="Restart"/>.</summary>
    public bool Crashed => Images.IsDown;

    /// <summary>Changing operations so far: creations, writes, flushes, allocations, lengths, renamings, removals.</summary>
    public long OperationCount => Images.OperationCount;

    /// <summary>Every flush fails while this is set.</summary>
    public bool FlushesFail { set => Images.FlushesFail = value; }

    /// <summary>Flushes of files succeed and do nothing while this is set.</summary>
    public bool FlushesLie { set => Images.FlushesLie = value; }

    /// <summary>Flushes of directories succeed and do nothing while this is set.</summary>
    public bool DirectoryFlushesLie { set => Images.DirectoryFlushesLie = value; }

    /// <summary>No change succeeds while this is set; <see cref="DiskFailure.Full"/> and Failed are the useful ones.</summary>
    public DiskFailure? WritesFail { set => Images.WritesFail = value; }

    /// <summary>The size of the disk; null for one that never fills.</summary>
    public long? CapacityBytes { get => Images.CapacityBytes; set => Images.CapacityBytes = value; }

    /// <summary>How often each fault happened here.</summary>
    public DiskFaultCounts FaultCounts => Images.Counts;

    /// <summary>The paths of all files.</summary>
    public IReadOnlyList<string> Paths
    {
        get
        {
            // Guards everything on the disk.
            lock (_gate)
            {
                return [.. Images.Paths];
            }
        }
    }

    /// <summary>What stands behind this face, for those who bring their own waiting and run on one thread.</summary>
    internal DiskImages Images { get; } = new(random);

    /// <summary>The power fails.</summary>
    public void Crash()
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            Images.Crash();
        }
    }

    /// <summary>The process dies (kill -9): handles and locks are gone, the page cache is not.</summary>
    public void Kill()
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            Images.Kill();
        }
    }

    /// <summary>The disk can be used again, through new handles; faults that wait for their operation are forgotten.</summary>
    public void Restart()
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            Images.Restart();
        }
    }

    /// <summary>The power fails inside the n-th changing operation from now (1: the next).</summary>
    public void CrashAtOperation(long n) => Images.Faults.CrashAt = OperationCount + n;

    /// <summary>
    /// The process dies at the n-th changing operation from now (1: the next): behind a change, before a flush. The page cache stays.
    /// </summary>
    public void KillAtOperation(long n) => Images.Faults.KillAt = OperationCount + n;

    /// <summary>The disk for one life of a process, dead after the next crash or kill. Give this to nodes.</summary>
    public IDisk Attach()
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            return new AttachedDisk(this, Images.Epoch);
        }
    }

    /// <summary>The n-th flush from now fails.</summary>
    public void FailFlushAt(long n) => Images.Faults.FailFlushIn(n);

    /// <summary>The n-th write or allocation from now fails: ENOSPC for Full, EIO for Failed.</summary>
    public void FailWriteAt(long n, DiskFailure failure) => Images.Faults.FailWriteIn(n, failure);

    /// <summary>The n-th read from now, of a file whose path begins like this, fails with EIO.</summary>
    public void FailReadAt(long n, string below = "") => Images.Faults.FailReadIn(n, below);

    /// <summary>The n-th write from now, to a file whose path begins like this, is acknowledged and lost.</summary>
    public void LoseWriteAt(long n, string below = "") => Images.Faults.LoseWriteIn(n, below);

    /// <summary>The n-th write from now, to a file whose path begins like this, is acknowledged and lands elsewhere.</summary>
    public void MisdirectWriteAt(long n, string below = "") => Images.Faults.MisdirectWriteIn(n, below);

    /// <summary>The sectors of a range cannot be read until they are written again; where that is transient, only once.</summary>
    public void BreakSectors(string path, long offset, long count, bool isTransient = false)
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            Images.Require(path).Break(offset, count, isTransient);
        }
    }

    /// <summary>Every operation that begins within this time ends after it.</summary>
    public void StallFor(TimeSpan duration) => _stallEnd = Clock.GetTimestamp() + (long)(duration.TotalSeconds * Clock.TimestampFrequency);

    public void FlipBit(string path, long bit)
    {
        byte[] value = new byte[1];
        // Guards everything on the disk.
        lock (_gate)
        {
            Images.Require(path).Read(bit / 8, value);
            value[0] ^= (byte)(1 << (int)(bit % 8));
            Images.Rot(path, bit / 8, value);
        }
    }

    /// <summary>Rot: both images change, and nobody notices.</summary>
    public void Overwrite(string path, long offset, ReadOnlySpan<byte> data)
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            Images.Rot(path, offset, data);
        }
    }

    /// <summary>What processes see of a file now.</summary>
    public byte[] Snapshot(string path)
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            var inode = Images.Require(path);
            byte[] content = new byte[inode.Length];
            inode.Read(0, content);
            return content;
        }
    }

    /// <summary>The length that processes see of a file now.</summary>
    public long LengthOf(string path)
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            return Images.Require(path).Length;
        }
    }

    public ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening) =>
        RunAsync<IDiskFile>(images => new SimulatedFile(this, path, images.Open(path, opening), images.Epoch));

    public ValueTask<bool> ExistsAsync(string path) => RunAsync(images => images.Exists(path));

    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => RunAsync(images => images.List(directory));

    public ValueTask CreateDirectoryAsync(string directory) => RunAsync(images => images.CreateDirectory(directory));

    public ValueTask RenameAsync(string source, string target) => RunAsync(images => images.Rename(source, target));

    public ValueTask DeleteAsync(string path) => RunAsync(images => images.Delete(path));

    public ValueTask FlushDirectoryAsync(string directory) =>
        RunAsync(images => images.FlushDirectory(directory, images.NameChangeCount));

    public ValueTask<DiskSpace> GetSpaceAsync() => RunAsync(images => images.GetSpace());

    public ValueTask<IAsyncDisposable> LockAsync(string path) => RunAsync<IAsyncDisposable>(images =>
    {
        long epoch = images.Epoch;
        images.Lock(path);
        return new SimulatedLock(() => Unlock(path, epoch));
    });

    internal async ValueTask<T> RunAsync<T>(Func<DiskImages, T> operation)
    {
        long begun = Images.Epoch;
        while (time?.GetTimestamp() is { } now && now < _stallEnd)
        {
            await Task.Delay(time.GetElapsedTime(now, _stallEnd), time).ConfigureAwait(false);
        }

        // Guards everything on the disk.
        lock (_gate)
        {
            Images.RequireAlive(begun);
            return operation(Images);
        }
    }

    private TimeProvider Clock => time ?? throw new InvalidOperationException("a disk without a clock cannot stall");

    private async ValueTask RunAsync(Action<DiskImages> operation) => await RunAsync(images =>
    {
        operation(images);
        return true;
    }).ConfigureAwait(false);

    private void Unlock(string path, long epoch)
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            Images.Unlock(path, epoch);
        }
    }
}
