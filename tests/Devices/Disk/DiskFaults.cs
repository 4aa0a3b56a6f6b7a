using DfsNet.Storage.Disk;

namespace DfsNet.Devices;

/// <summary>Faults that wait for their operation.</summary>
internal sealed class DiskFaults
{
    private long _writeFailsIn;
    private DiskFailure _writeFailure;

    /// <summary>The number of the operation to crash in; 0 for none.</summary>
    public long CrashAt { get; set; }

    /// <summary>The number of the operation at which the process dies; 0 for none.</summary>
    public long KillAt { get; set; }

    public long FlushFailsIn { get; set; }

    public void FailWriteIn(long n, DiskFailure failure)
    {
        _writeFailsIn = n;
        _writeFailure = failure;
    }

    public bool TakeFlushFailure() => FlushFailsIn > 0 && --FlushFailsIn == 0;

    public DiskFailure? TakeWriteFailure() => _writeFailsIn > 0 && --_writeFailsIn == 0 ? _writeFailure : null;

    public void Clear()
    {
        CrashAt = 0;
        KillAt = 0;
        FlushFailsIn = 0;
        _writeFailsIn = 0;
    }
}
