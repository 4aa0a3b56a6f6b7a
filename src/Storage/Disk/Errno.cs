using System.Runtime.InteropServices;

namespace DfsNet.Storage.Disk;

/// <summary>Linux error numbers and what they mean for a volume.</summary>
internal static class Errno
{
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int TryAgain = 11;
    public const int Exists = 17;
    public const int NotDirectory = 20;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;
    public const int NotImplemented = 38;
    public const int NotSupported = 95;
    public const int StructureDamaged = 117;
    public const int QuotaExceeded = 122;

    /// <summary>The failure of a call that is not a flush.</summary>
    public static DiskFailure Classify(int errno) => errno switch
    {
        InputOutput or ReadOnly or StructureDamaged => DiskFailure.Failed,
        NoSpace or QuotaExceeded => DiskFailure.Full,
        NoEntry or NotDirectory => DiskFailure.NotFound,
        Exists => DiskFailure.Exists,
        _ => DiskFailure.Refused,
    };

    public static DiskException ToException(string operation, string path, int errno) =>
        new(Classify(errno), operation, path, errno, Message(errno));

    /// <summary>Whatever the reason, a failed flush has lost data that nobody can name: the volume failed.</summary>
    public static DiskException ToFlushException(string operation, string path, int errno) =>
        new(DiskFailure.Failed, operation, path, errno, Message(errno));

    private static string Message(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
