namespace DfsNet.Client;

/// <summary>Size and use of the whole file system.</summary>
public sealed record DfsFileSystemInfo
{
    /// <summary>Bytes of all volumes together.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Bytes in use on all volumes together, replicas counted each.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Raw bytes left above the volumes' reserves; a file of n bytes takes n times its replication.</summary>
    public required long AvailableBytes { get; init; }

    /// <summary>Sum of the lengths of all files.</summary>
    public required long LogicalBytes { get; init; }

    /// <summary>Number of files.</summary>
    public required long Files { get; init; }

    /// <summary>Number of directories, the root included.</summary>
    public required long Directories { get; init; }

    /// <summary>Number of chunks.</summary>
    public required long Chunks { get; init; }

    /// <summary>Replicas that new files in the root directory get.</summary>
    public required int Replication { get; init; }
}
