namespace DfsNet.Storage.Disk;

/// <summary>What a failed disk operation means for the volume.</summary>
public enum DiskFailure
{
    /// <summary>EIO, EROFS, EUCLEAN, or any failed flush: the volume takes no write ever again.</summary>
    Failed,

    /// <summary>ENOSPC or EDQUOT from a write or an allocation: full, not failed.</summary>
    Full,

    NotFound,
    Exists,

    /// <summary>Another process has the directory.</summary>
    Locked,

    /// <summary>Descriptors, memory, permission: the operation failed, the volume may be well.</summary>
    Refused,
}

/// <summary>A disk operation failed.</summary>
/// <param name="failure">What it means.</param>
/// <param name="operation">What was tried, such as "fdatasync".</param>
/// <param name="path">On what.</param>
/// <param name="errno">The system's number; 0 where there is none.</param>
public sealed class DiskException(DiskFailure failure, string operation, string path, int errno, string message)
    : Exception($"{operation} {path}: {message}")
{
    public DiskFailure Failure { get; } = failure;

    public string Operation { get; } = operation;

    public string Path { get; } = path;

    public int Errno { get; } = errno;
}
