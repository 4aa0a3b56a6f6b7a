namespace DfsNet.Storage.Disk;

/// <summary>
/// One data directory: the seam where the simulator's disk takes the place of the machine's. Paths are relative, '/' between components.
/// Every failure is a <see cref="DiskException"/>. Names become durable only with <see cref="FlushDirectoryAsync"/>, content only with
/// <see cref="IDiskFile.FlushAsync"/>.
/// </summary>
public interface IDisk
{
    /// <summary>For people: where this directory is.</summary>
    string Location { get; }

    /// <summary>Opens a file for reading and writing.</summary>
    ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening);

    ValueTask<bool> ExistsAsync(string path);

    /// <summary>Names (not paths) in a directory, in ordinal order; files and directories alike.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(string directory);

    /// <summary>Creates a directory and its parents, durably; existing ones are no error. "" is the root.</summary>
    ValueTask CreateDirectoryAsync(string directory);

    /// <summary>Moves a file, replacing the target.</summary>
    ValueTask RenameAsync(string source, string target);

    /// <summary>Removes a file; a missing one is no error.</summary>
    ValueTask DeleteAsync(string path);

    /// <summary>Makes the names in a directory durable (creations, renames, removals). "" is the root.</summary>
    ValueTask FlushDirectoryAsync(string directory);

    ValueTask<DiskSpace> GetSpaceAsync();

    /// <summary>Takes the directory for this process until disposed; a second taker gets a <see cref="DiskException"/> (Locked).</summary>
    ValueTask<IAsyncDisposable> LockAsync(string path);
}

/// <summary>A file opened through <see cref="IDisk"/>. Operations on different ranges may run at the same time.</summary>
public interface IDiskFile : IAsyncDisposable
{
    ValueTask<long> GetLengthAsync();

    /// <summary>Reads until the buffer is full or the file ends; returns the bytes read.</summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> buffer);

    /// <summary>Writes all of the data, or throws. Durable only after a flush that began later.</summary>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data);

    /// <summary>Makes written bytes and the length durable (fdatasync). After a failure nothing written since the last success may be
    /// trusted, not even after a later flush that succeeds.</summary>
    ValueTask FlushAsync();

    /// <summary>Reserves space for [0, length) without changing the length, so that later writes do not run out of it.</summary>
    ValueTask AllocateAsync(long length);

    ValueTask SetLengthAsync(long length);
}

/// <summary>How <see cref="IDisk.OpenAsync"/> treats a missing or existing file.</summary>
public enum FileOpening
{
    Existing,
    CreateNew,
    CreateOrOpen,
}

/// <summary>Bytes of the file system behind a directory.</summary>
public readonly record struct DiskSpace(long CapacityBytes, long AvailableBytes);
