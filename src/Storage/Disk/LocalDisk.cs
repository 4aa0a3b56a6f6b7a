namespace DfsNet.Storage.Disk;

/// <summary>The machine's disk below one directory.</summary>
public sealed class LocalDisk(string root) : IDisk
{
    public string Location { get; } = root;
    public bool Failed => false;
    public ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening) => throw new NotSupportedException();
    public ValueTask<bool> ExistsAsync(string path) => throw new NotSupportedException();
    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => throw new NotSupportedException();
    public ValueTask CreateDirectoryAsync(string directory) => throw new NotSupportedException();
    public ValueTask RenameAsync(string source, string target) => throw new NotSupportedException();
    public ValueTask DeleteAsync(string path) => throw new NotSupportedException();
    public ValueTask FlushDirectoryAsync(string directory) => throw new NotSupportedException();
    public ValueTask<DiskSpace> GetSpaceAsync() => throw new NotSupportedException();
    public ValueTask<IAsyncDisposable> LockAsync(string path) => throw new NotSupportedException();
}
