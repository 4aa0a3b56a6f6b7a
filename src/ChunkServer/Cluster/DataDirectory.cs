using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>One locked data directory and its identity.</summary>
internal sealed class DataDirectory(IDisk disk, DirectoryRecord record)
{
    public IDisk Disk { get; } = disk;

    public DirectoryRecord Record { get; private set; } = record;

    public async Task StoreAsync(DirectoryRecord record)
    {
        await record.WriteAsync(Disk).ConfigureAwait(false);
        Record = record;
    }
}
