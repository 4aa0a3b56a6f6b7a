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
/// <item>A crash kills handles and locks; every later call through them, and every call before <see cref="Restart"/>, fails.
/// <see cref="Kill"/> does the same to a process alone: the live image stays, as the page cache does.</item>
/// <item>A failed flush leaves some sectors durable; the others look written and are lost: a later flush succeeds without them.</item>
/// <item>A failed write has written any part of its data. On a full disk writes into reserved or existing space succeed.</item>
/// <item>Rot (<see cref="FlipBit"/>, <see cref="Overwrite"/>) changes both images silently.</item>
/// <item>A stall holds every operation until it is over by the injected clock.</item>
/// </list>
/// </summary>
public sealed class SimulatedDisk(Random random, TimeProvider time) : IDisk
{
    private readonly object _gate = new();
    private readonly SimulatedNames _names = new();
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);
    private readonly DiskFaults _faults = new();
    private long _stallEnd;
    private long _epoch;

    public string Location => "simulated disk";

    /// <summary>Down since a crash or a kill, until <see cref="Restart"/>.</summary>
    public bool Crashed { get; private set; }

    /// <summary>Changing operations so far: creations, writes, flushes, allocations, lengths, renamings, removals.</summary>
    public long OperationCount { get; private set; }

    /// <summary>Every flush fails while this is set.</summary>
    public bool FlushesFail { get; set; }

    /// <summary>No change succeeds while this is set; <see cref="DiskFailure.Full"/> and Failed are the useful ones.</summary>
    public DiskFailure? WritesFail { get; set; }

    /// <summary>The size of the disk; null for one that never fills.</summary>
    public long? CapacityBytes { get; set; }

    /// <summary>The paths of all files.</summary>
    public IReadOnlyList<string> Paths
    {
        get
        {
            // Guards everything on the disk.
            lock (_gate)
            {
                return _names.Paths;
            }
        }
    }

    /// <summary>The power fails.</summary>
    public void Crash()
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            CrashNow();
        }
    }

    /// <summary>The process dies (kill -9): handles and locks are gone, the page cache is not.</summary>
    public void Kill()
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            Stop();
        }
    }

    /// <summary>The disk can be used again, through new handles.</summary>
    public void Restart()
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            _faults.Clear();
            Crashed = false;
        }
    }

    /// <summary>The power fails inside the n-th changing operation from now (1: the next).</summary>
    public void CrashAtOperation(long n) => _faults.CrashAt = OperationCount + n;

    /// <summary>
    /// The process dies at the n-th changing operation from now (1: the next): behind a change, before a flush. The page cache stays.
    /// </summary>
    public void KillAtOperation(long n) => _faults.KillAt = OperationCount + n;

    /// <summary>The disk for one life of a process, dead after the next crash or kill. Give this to nodes.</summary>
    public IDisk Attach()
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            return new AttachedDisk(this, _epoch);
        }
    }

    /// <summary>The n-th flush from now fails.</summary>
    public void FailFlushAt(long n) => _faults.FlushFailsIn = n;

    /// <summary>The n-th write or allocation from now fails: ENOSPC for Full, EIO for Failed.</summary>
    public void FailWriteAt(long n, DiskFailure failure) => _faults.FailWriteIn(n, failure);

    /// <summary>Every operation that begins within this time ends after it.</summary>
    public void StallFor(TimeSpan duration) => _stallEnd = time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency);

    public void FlipBit(string path, long bit)
    {
        byte[] value = Snapshot(path, bit / 8, 1);
        value[0] ^= (byte)(1 << (int)(bit % 8));
        Overwrite(path, bit / 8, value);
    }

    /// <summary>Rot: both images change, and nobody notices.</summary>
    public void Overwrite(string path, long offset, ReadOnlySpan<byte> data)
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            Require(path).Rot(offset, data);
        }
    }

    /// <summary>What processes see of a file now.</summary>
    public byte[] Snapshot(string path)
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            var inode = Require(path);
            byte[] content = new byte[inode.Length];
            inode.Read(0, content);
            return content;
        }
    }

    public ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening) => RunAsync<IDiskFile>(() =>
    {
        var inode = _names.Find(path);
        if (inode is not null && opening == FileOpening.CreateNew)
        {
            throw Error(DiskFailure.Exists, "open", path);
        }

        if (inode is null && (opening == FileOpening.Existing || !_names.HasDirectory(SimulatedNames.DirectoryOf(path))))
        {
            throw Error(DiskFailure.NotFound, "open", path);
        }

        if (inode is null)
        {
            FailWhereAsked("open", path);
            Change("open", path, () => inode = _names.Create(path));
        }

        return new SimulatedFile(this, path, inode!, _epoch);
    });

    public ValueTask<bool> ExistsAsync(string path) => RunAsync(() => _names.Find(path) is not null || _names.HasDirectory(path));

    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => RunAsync(() =>
        _names.HasDirectory(directory) ? _names.List(directory) : throw Error(DiskFailure.NotFound, "opendir", directory));

    public ValueTask CreateDirectoryAsync(string directory) => RunAsync(() => _names.AddDirectory(directory));

    public ValueTask RenameAsync(string source, string target) => RunAsync(() =>
    {
        FailWhereAsked("rename", source);
        if (_names.Find(source) is null || !_names.HasDirectory(SimulatedNames.DirectoryOf(target)))
        {
            throw Error(DiskFailure.NotFound, "rename", source);
        }

        Change("rename", source, () => _names.Rename(source, target));
    });

    public ValueTask DeleteAsync(string path) => RunAsync(() =>
    {
        if (_names.Find(path) is not null)
        {
            Change("unlink", path, () => _names.Delete(path));
        }
    });

    public ValueTask FlushDirectoryAsync(string directory) => RunAsync(() =>
    {
        if (!_names.HasDirectory(directory))
        {
            throw Error(DiskFailure.NotFound, "fsync", directory);
        }

        FlushOrFail("fsync", directory, () => _names.Flush(directory), () => { });
    });

    public ValueTask<DiskSpace> GetSpaceAsync() => RunAsync(() =>
    {
        long capacity = CapacityBytes ?? long.MaxValue / 2;
        return new DiskSpace(capacity, Math.Max(0, capacity - _names.Inodes.Sum(inode => inode.OccupiedBytes)));
    });

    public ValueTask<IAsyncDisposable> LockAsync(string path) => RunAsync<IAsyncDisposable>(() =>
    {
        long epoch = _epoch;
        return _locks.Add(path)
            ? new SimulatedLock(() => ReleaseLock(path, epoch))
            : throw Error(DiskFailure.Locked, "flock", path);
    });

    internal ValueTask RunAsync(Action operation) => new(RunAsync(() =>
    {
        operation();
        return true;
    }).AsTask());

    internal async ValueTask<T> RunAsync<T>(Func<T> operation)
    {
        long begun = _epoch;
        while (time.GetTimestamp() is var now && now < _stallEnd)
        {
            await Task.Delay(time.GetElapsedTime(now, _stallEnd), time).ConfigureAwait(false);
        }

        // Guards everything on the disk.
        lock (_gate)
        {
            RequireAlive(begun);
            return operation();
        }
    }

    internal void RequireAlive(long epoch)
    {
        if (Crashed || epoch != _epoch)
        {
            throw Error(DiskFailure.Failed, "any", "the machine went down");
        }
    }

    /// <summary>Counts a change, makes it, and crashes inside it where asked.</summary>
    internal void Change(string operation, string path, Action change)
    {
        OperationCount++;
        change();
        EndWhereAsked(operation, path);
    }

    /// <summary>A flush that crashes has flushed some of it, which is what the crash does anyway.</summary>
    internal void FlushOrFail(string operation, string path, Action flush, Action fail)
    {
        OperationCount++;
        EndWhereAsked(operation, path);
        if (_faults.TakeFlushFailure() || FlushesFail)
        {
            fail();
            throw Error(DiskFailure.Failed, operation, path);
        }

        flush();
    }

    internal void FailWhereAsked(string operation, string path)
    {
        if (WritesFail is { } failure)
        {
            throw Error(failure, operation, path);
        }
    }

    /// <summary>The failure that this write or allocation meets, if any.</summary>
    internal DiskFailure? NextWriteFailure(long moreBytes)
    {
        if (_faults.TakeWriteFailure() is { } failure)
        {
            return failure;
        }

        bool full = moreBytes > 0
            && CapacityBytes is { } capacity
            && _names.Inodes.Sum(inode => inode.OccupiedBytes) + moreBytes > capacity;
        return WritesFail ?? (full ? DiskFailure.Full : null);
    }

    internal Random Random => random;

    internal static DiskException Error(DiskFailure failure, string operation, string path) =>
        new(failure, operation, path, failure switch { DiskFailure.Full => 28, DiskFailure.Failed => 5, _ => 0 }, $"simulated: {failure}");

    private byte[] Snapshot(string path, long offset, int count)
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            byte[] bytes = new byte[count];
            Require(path).Read(offset, bytes);
            return bytes;
        }
    }

    private SimulatedInode Require(string path) => _names.Find(path) ?? throw Error(DiskFailure.NotFound, "find", path);

    private void EndWhereAsked(string operation, string path)
    {
        if (_faults.CrashAt == OperationCount)
        {
            CrashNow();
            throw Error(DiskFailure.Failed, operation, path);
        }

        if (_faults.KillAt == OperationCount)
        {
            Stop();
            throw Error(DiskFailure.Failed, operation, path);
        }
    }

    private void CrashNow()
    {
        Stop();
        _names.Crash(random);
        foreach (var inode in _names.Inodes.Distinct())
        {
            inode.Crash(random);
        }
    }

    private void Stop()
    {
        Crashed = true;
        _epoch++;
        _locks.Clear();
    }

    private void ReleaseLock(string path, long epoch)
    {
        // Guards everything on the disk.
        lock (_gate)
        {
            if (epoch == _epoch)
            {
                _locks.Remove(path);
            }
        }
    }
}
