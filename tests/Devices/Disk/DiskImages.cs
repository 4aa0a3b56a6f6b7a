using DfsNet.Storage.Disk;

namespace DfsNet.Devices;

/// <summary>
/// What a simulated disk holds and does, without waiting and without locks: names, contents, faults and crashes. The fault model stands at
/// <see cref="SimulatedDisk"/>.
/// </summary>
internal sealed class DiskImages
{
    private readonly Random _random;
    private readonly SimulatedNames _names;
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);

    public DiskImages(Random random)
    {
        _random = random;
        _names = new SimulatedNames(Counts);
    }

    /// <summary>Happens when a crash or a kill has taken everything down.</summary>
    public event Action? WentDown;

    public DiskFaults Faults { get; } = new();

    public DiskFaultCounts Counts { get; } = new();

    public long OperationCount { get; private set; }

    /// <summary>Down since a crash or a kill.</summary>
    public bool IsDown { get; private set; }

    /// <summary>Crashes and kills so far; what belongs to an earlier one is dead.</summary>
    public long Epoch { get; private set; }

    public bool FlushesFail { get; set; }

    public bool FlushesLie { get; set; }

    public bool DirectoryFlushesLie { get; set; }

    public DiskFailure? WritesFail { get; set; }

    public long? CapacityBytes { get; set; }

    public IEnumerable<string> Paths => _names.Files.Keys;

    /// <summary>Changes of names so far, for <see cref="FlushDirectory"/>.</summary>
    public long NameChangeCount => _names.ChangeCount;

    public bool IsAlive(long epoch) => !IsDown && epoch == Epoch;

    public void RequireAlive(long epoch)
    {
        if (!IsAlive(epoch))
        {
            throw Error(DiskFailure.Failed, "any", "the machine went down");
        }
    }

    public void Crash()
    {
        Counts.Note(DiskFault.Crash);
        _names.Crash(_random);
        Stop();
    }

    public void Kill()
    {
        Counts.Note(DiskFault.Kill);
        Stop();
    }

    public void Restart()
    {
        Faults.Clear();
        IsDown = false;
    }

    public SimulatedInode Require(string path) => _names.Find(path) ?? throw Error(DiskFailure.NotFound, "find", path);

    public void Rot(string path, long offset, ReadOnlySpan<byte> data)
    {
        Require(path).Rot(offset, data);
        Counts.Note(DiskFault.Rot);
    }

    public SimulatedInode Open(string path, FileOpening opening)
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
            OperationCount++;
            inode = _names.Create(path);
            EndWhereAsked("open", path);
        }

        return inode;
    }

    public bool Exists(string path) => _names.Find(path) is not null || _names.HasDirectory(path);

    public IReadOnlyList<string> List(string directory) =>
        _names.HasDirectory(directory) ? _names.List(directory) : throw Error(DiskFailure.NotFound, "opendir", directory);

    public void CreateDirectory(string directory) => _names.AddDirectory(directory);

    public void Rename(string source, string target)
    {
        FailWhereAsked("rename", source);
        if (_names.Find(source) is null || !_names.HasDirectory(SimulatedNames.DirectoryOf(target)))
        {
            throw Error(DiskFailure.NotFound, "rename", source);
        }

        OperationCount++;
        _names.Rename(source, target);
        EndWhereAsked("rename", source);
    }

    public void Delete(string path)
    {
        if (_names.Find(path) is not null)
        {
            OperationCount++;
            _names.Delete(path);
            EndWhereAsked("unlink", path);
        }
    }

    /// <summary>Makes durable what the first <paramref name="changes"/> changes of names did to a directory.</summary>
    public void FlushDirectory(string directory, long changes)
    {
        if (!_names.HasDirectory(directory))
        {
            throw Error(DiskFailure.NotFound, "fsync", directory);
        }

        BeginFlush("fsync", directory);
        if (MeetsFlushError(directory))
        {
            throw Error(DiskFailure.Failed, "fsync", directory);
        }

        if (DirectoryFlushesLie)
        {
            Counts.Note(DiskFault.DirectoryFlushLie);
            return;
        }

        _names.Flush(directory, changes);
    }

    public DiskSpace GetSpace()
    {
        long capacity = CapacityBytes ?? long.MaxValue / 2;
        return new DiskSpace(capacity, Math.Max(0, capacity - _names.OccupiedBytes));
    }

    public void Lock(string path)
    {
        if (!_locks.Add(path))
        {
            throw Error(DiskFailure.Locked, "flock", path);
        }
    }

    public void Unlock(string path, long epoch)
    {
        if (epoch == Epoch)
        {
            _locks.Remove(path);
        }
    }

    public int Read(string path, SimulatedInode inode, long offset, Span<byte> target)
    {
        if (inode.MeetsBadSector(offset, target.Length) || Faults.TakeReadError(path))
        {
            Counts.Note(DiskFault.ReadError);
            throw Error(DiskFailure.Failed, "pread", path);
        }

        return inode.Read(offset, target);
    }

    public void Write(string path, SimulatedInode inode, long offset, ReadOnlySpan<byte> data)
    {
        long before = inode.OccupiedBytes;
        if (NextWriteFailure(path, offset + data.Length - before) is { } failure)
        {
            // Any part of it may have been written; not all of it, or nobody would report an error.
            inode.Write(offset, data[.._random.Next(0, Math.Max(1, data.Length))]);
            _names.NoteSize(inode, before);
            throw Error(failure, "pwrite", path);
        }

        OperationCount++;
        if (!TryGoAstray(path, inode, offset, data))
        {
            inode.Write(offset, data);
        }

        _names.NoteSize(inode, before);
        EndWhereAsked("pwrite", path);
    }

    /// <summary>A flush that crashes has flushed some of it, which is what the crash does anyway.</summary>
    public void Flush(string path, SimulatedInode inode, FlushMark flush)
    {
        BeginFlush("fdatasync", path);
        if (MeetsFlushError(path) || inode.FailedSince(flush))
        {
            inode.FailFlush(flush, _random);
            throw Error(DiskFailure.Failed, "fdatasync", path);
        }

        if (FlushesLie)
        {
            Counts.Note(DiskFault.FlushLie);
            return;
        }

        inode.Flush(flush);
    }

    /// <summary>
    /// A flush of files that lie on this disk and are simulated elsewhere (a database's). False: it lied. Such a flush writes first, so
    /// that it meets a full disk too.
    /// </summary>
    public bool TryFlushElsewhere(string path)
    {
        BeginFlush("fdatasync", path);
        if (NextWriteFailure(path, 1) is { } failure)
        {
            throw Error(failure, "pwrite", path);
        }

        if (MeetsFlushError(path))
        {
            throw Error(DiskFailure.Failed, "fdatasync", path);
        }

        if (FlushesLie)
        {
            Counts.Note(DiskFault.FlushLie);
        }

        return !FlushesLie;
    }

    public void Allocate(string path, SimulatedInode inode, long length)
    {
        long before = inode.OccupiedBytes;
        if (NextWriteFailure(path, length - before) is { } failure)
        {
            throw Error(failure, "fallocate", path);
        }

        OperationCount++;
        inode.Reserve(length);
        _names.NoteSize(inode, before);
        EndWhereAsked("fallocate", path);
    }

    public void SetLength(string path, SimulatedInode inode, long length)
    {
        FailWhereAsked("ftruncate", path);
        OperationCount++;
        long before = inode.OccupiedBytes;
        inode.SetLength(length);
        _names.NoteSize(inode, before);
        EndWhereAsked("ftruncate", path);
    }

    private static DiskException Error(DiskFailure failure, string operation, string path) =>
        new(failure, operation, path, failure switch { DiskFailure.Full => 28, DiskFailure.Failed => 5, _ => 0 }, $"simulated: {failure}");

    private void FailWhereAsked(string operation, string path)
    {
        if (WritesFail is { } failure)
        {
            NoteWriteFailure(failure);
            throw Error(failure, operation, path);
        }
    }

    /// <summary>The failure that this write or allocation meets, if any.</summary>
    private DiskFailure? NextWriteFailure(string path, long moreBytes)
    {
        bool full = moreBytes > 0 && CapacityBytes is { } capacity && _names.OccupiedBytes + moreBytes > capacity;
        var failure = Faults.TakeWriteError(path) ?? WritesFail ?? (full ? DiskFailure.Full : null);
        if (failure is not null)
        {
            NoteWriteFailure(failure.Value);
        }

        return failure;
    }

    private void NoteWriteFailure(DiskFailure failure) =>
        Counts.Note(failure == DiskFailure.Full ? DiskFault.Full : DiskFault.WriteError);

    /// <summary>Whether a write is acknowledged without reaching its place: the file grows, its bytes go elsewhere or nowhere.</summary>
    private bool TryGoAstray(string path, SimulatedInode inode, long offset, ReadOnlySpan<byte> data)
    {
        bool isLost = Faults.TakeLostWrite(path);
        bool isMisdirected = Faults.TakeMisdirectedWrite(path) && !isLost;
        if (isLost)
        {
            Counts.Note(DiskFault.LostWrite);
        }

        if (isMisdirected)
        {
            Counts.Note(DiskFault.MisdirectedWrite);
            Misdirect(inode, offset, data);
        }

        if (isLost || isMisdirected)
        {
            inode.Extend(offset + data.Length);
        }

        return isLost || isMisdirected;
    }

    // The right place within the wrong sector of any file. Drives know nothing of lengths: no file grows by it.
    private void Misdirect(SimulatedInode meant, long offset, ReadOnlySpan<byte> data)
    {
        var victims = _names.Files.Values.Where(inode => inode.Length > 0).ToArray();
        if (victims.Length == 0)
        {
            return;
        }

        var victim = victims[_random.Next(victims.Length)];
        long sector = _random.NextInt64((victim.Length + SimulatedInode.SectorBytes - 1) / SimulatedInode.SectorBytes);
        if (victim == meant && sector == offset / SimulatedInode.SectorBytes)
        {
            // Not where it was meant to go.
            sector = sector > 0 ? sector - 1 : sector + 1;
        }

        long place = (sector * SimulatedInode.SectorBytes) + (offset % SimulatedInode.SectorBytes);
        victim.Rot(place, data[..(int)Math.Clamp(victim.Length - place, 0, data.Length)]);
    }

    private void BeginFlush(string operation, string path)
    {
        OperationCount++;
        EndWhereAsked(operation, path);
    }

    private bool MeetsFlushError(string path)
    {
        bool fails = Faults.TakeFlushError(path) || FlushesFail;
        if (fails)
        {
            Counts.Note(DiskFault.FlushError);
        }

        return fails;
    }

    private void EndWhereAsked(string operation, string path)
    {
        if (Faults.CrashAt == OperationCount)
        {
            Crash();
            throw Error(DiskFailure.Failed, operation, path);
        }

        if (Faults.KillAt == OperationCount)
        {
            Kill();
            throw Error(DiskFailure.Failed, operation, path);
        }
    }

    private void Stop()
    {
        IsDown = true;
        Epoch++;
        _locks.Clear();
        WentDown?.Invoke();
    }
}
