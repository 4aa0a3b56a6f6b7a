using System.Runtime.InteropServices;

namespace DfsNet.Storage.Disk;

/// <summary>
/// The machine's disk below one directory, on Linux. Every errno is checked; blocking calls run on the thread pool. After a failed flush
/// (or EIO, EROFS, EUCLEAN of a change) the whole object refuses changes: Linux marks the pages of a failed flush clean, so a second flush
/// would "succeed" with the data lost.
/// </summary>
public sealed class LocalDisk : IDisk
{
    // rw-r----- and rwxr-x---: stored files are nobody else's.
    private const int FileMode = 0x1A0;
    private const int DirectoryMode = 0x1E8;

    private readonly DiskHealth _health = new();

    /// <param name="root">The data directory. It is created by <see cref="CreateDirectoryAsync"/> of "", never by accident.</param>
    public LocalDisk(string root)
    {
        Location = Path.GetFullPath(root);
        FlushSelfTest.Require();
    }

    public string Location { get; }

    /// <summary>A flush or a change failed for good: nothing is written here any more; reads go on.</summary>
    public bool Failed => _health.Failure is not null;

    public ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening)
    {
        if (opening != FileOpening.Existing)
        {
            _health.RequireWritable("open", path);
        }

        int flags = Libc.CloseOnExec | Libc.ReadWrite | opening switch
        {
            FileOpening.Existing => 0,
            FileOpening.CreateNew => Libc.Create | Libc.Exclusive,
            FileOpening.CreateOrOpen => Libc.Create,
            _ => throw new ArgumentOutOfRangeException(nameof(opening)),
        };
        return Offload<IDiskFile>(() => new LocalFile(_health, path, OpenFile(path, flags)));
    }

    public ValueTask<bool> ExistsAsync(string path) => Offload(() =>
    {
        if (Libc.Access(Resolve(path), 0) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno is Errno.NoEntry or Errno.NotDirectory ? false : throw Errno.ToException("access", path, errno);
    });

    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => Offload(() => ReadNames(directory));

    public ValueTask CreateDirectoryAsync(string directory) => Offload(() =>
    {
        _health.RequireWritable("mkdir", directory);
        MakeDirectories(Resolve(directory));
    });

    public ValueTask RenameAsync(string source, string target) => Offload(() =>
    {
        _health.RequireWritable("rename", source);
        Check(Libc.Rename(Resolve(source), Resolve(target)), "rename", source);
    });

    public ValueTask DeleteAsync(string path) => Offload(() =>
    {
        _health.RequireWritable("unlink", path);
        if (Libc.Unlink(Resolve(path)) != 0 && Marshal.GetLastPInvokeError() is var errno && errno != Errno.NoEntry)
        {
            throw _health.Note(Errno.ToException("unlink", path, errno));
        }
    });

    public ValueTask FlushDirectoryAsync(string directory) => Offload(() => FlushNames(Resolve(directory)));

    public unsafe ValueTask<DiskSpace> GetSpaceAsync() => Offload(() =>
    {
        ulong* words = stackalloc ulong[32];
        Check(Libc.GetSpace(Location, words), "statvfs", "");
        return new DiskSpace((long)(words[1] * words[2]), (long)(words[1] * words[4]));
    });

    public ValueTask<IAsyncDisposable> LockAsync(string path) => Offload<IAsyncDisposable>(() =>
    {
        var descriptor = OpenFile(path, Libc.CloseOnExec | Libc.ReadWrite | Libc.Create);
        if (Libc.Lock(descriptor, Libc.LockExclusiveNow) == 0)
        {
            return new LocalLock(descriptor);
        }

        int errno = Marshal.GetLastPInvokeError();
        descriptor.Dispose();
        throw errno == Errno.TryAgain
            ? new DiskException(DiskFailure.Locked, "flock", path, errno, $"another process uses {Location}")
            : Errno.ToException("flock", path, errno);
    });

    private static ValueTask<T> Offload<T>(Func<T> call) => new(Task.Run(call));

    private static ValueTask Offload(Action call) => new(Task.Run(call));

    private string Resolve(string path)
    {
        if (path.Length == 0)
        {
            return Location;
        }

        foreach (var part in path.AsSpan().Split('/'))
        {
            if (path.AsSpan(part) is "" or "." or ".." || path.AsSpan(part).Contains('\0'))
            {
                throw new ArgumentException($"not a relative path: {path}", nameof(path));
            }
        }

        return $"{Location}/{path}";
    }

    private Descriptor OpenFile(string path, int flags)
    {
        string full = Resolve(path);
        while (true)
        {
            int result = Libc.Open(full, flags, FileMode);
            if (result >= 0)
            {
                return new Descriptor(result);
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted)
            {
                var error = Errno.ToException("open", path, errno);
                throw (flags & Libc.Create) != 0 ? _health.Note(error) : error;
            }
        }
    }

    private unsafe IReadOnlyList<string> ReadNames(string directory)
    {
        nint stream = Libc.OpenDirectory(Resolve(directory));
        if (stream == 0)
        {
            throw Errno.ToException("opendir", directory, Marshal.GetLastPInvokeError());
        }

        var names = new List<string>();
        for (nint entry = Libc.ReadDirectory(stream); entry != 0; entry = Libc.ReadDirectory(stream))
        {
            // ino_t, off_t, the record's length and the type come before the name.
            string name = Marshal.PtrToStringUTF8(entry + 19)!;
            if (name is not ("." or ".."))
            {
                names.Add(name);
            }
        }

        int errno = Marshal.GetLastPInvokeError();
        Libc.CloseDirectory(stream);
        if (errno != 0)
        {
            throw Errno.ToException("readdir", directory, errno);
        }

        names.Sort(string.CompareOrdinal);
        return names;
    }

    private void MakeDirectories(string full)
    {
        if (Libc.MakeDirectory(full, DirectoryMode) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            string? above = Path.GetDirectoryName(full);
            if (errno == Errno.Exists)
            {
                return;
            }

            if (errno != Errno.NoEntry || above is null)
            {
                throw _health.Note(Errno.ToException("mkdir", full, errno));
            }

            MakeDirectories(above);
            Check(Libc.MakeDirectory(full, DirectoryMode), "mkdir", full);
        }

        FlushNames(Path.GetDirectoryName(full) ?? "/");
    }

    private void FlushNames(string full)
    {
        _health.RequireWritable("fsync", full);
        int opened = Libc.Open(full, Libc.CloseOnExec | Libc.ReadOnly, 0);
        if (opened < 0)
        {
            throw Errno.ToException("open", full, Marshal.GetLastPInvokeError());
        }

        using var descriptor = new Descriptor(opened);
        if (Libc.Flush(descriptor) != 0)
        {
            throw _health.Note(Errno.ToFlushException("fsync", full, Marshal.GetLastPInvokeError()));
        }
    }

    private void Check(int result, string operation, string path)
    {
        if (result != 0)
        {
            throw _health.Note(Errno.ToException(operation, path, Marshal.GetLastPInvokeError()));
        }
    }
}
