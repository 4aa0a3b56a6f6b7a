using DfsNet.Client;

namespace DfsNet.Cli.Output;

/// <summary>Size and use of the file system, as df tells it.</summary>
internal sealed record FileSystemFacts(
    long CapacityBytes,
    long UsedBytes,
    long AvailableBytes,
    long LogicalBytes,
    long Files,
    long Directories,
    long Chunks,
    int Replication)
{
    public static FileSystemFacts Of(DfsFileSystemInfo info) => new(
        info.CapacityBytes,
        info.UsedBytes,
        info.AvailableBytes,
        info.LogicalBytes,
        info.Files,
        info.Directories,
        info.Chunks,
        info.Replication);
}
