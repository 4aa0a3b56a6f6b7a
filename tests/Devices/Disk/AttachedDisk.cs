using DfsNet.Storage.Disk;

namespace DfsNet.Devices;

/// <summary>
/// A simulated disk as one life of a process sees it: what is left of that process after a crash cannot reach into the next life.
/// </summary>
internal sealed class AttachedDisk(SimulatedDisk disk, long epoch) : IDisk
{
    public string Location => disk.Location;

    public ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening) => Alive().OpenAsync(path, opening);

    public ValueTask<bool> ExistsAsync(string path) => Alive().ExistsAsync(path);

    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => Alive().ListAsync(directory);

    public ValueTask CreateDirectoryAsync(string directory) => Alive().CreateDirectoryAsync(directory);

    public ValueTask RenameAsync(string source, string target) => Alive().RenameAsync(source, target);

    public ValueTask DeleteAsync(string path) => Alive().DeleteAsync(path);

    public ValueTask FlushDirectoryAsync(string directory) => Alive().FlushDirectoryAsync(directory);

    public ValueTask<DiskSpace> GetSpaceAsync() => Alive().GetSpaceAsync();

    public ValueTask<IAsyncDisposable> LockAsync(string path) => Alive().LockAsync(path);

    private SimulatedDisk Alive()
    {
        disk.Images.RequireAlive(epoch);
        return disk;
    }
}
