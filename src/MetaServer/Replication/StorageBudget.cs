using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// How large log segments and the log between two flushes may be: as configured, but on a small disk in proportion to it.
/// </summary>
internal sealed record StorageBudget(long SegmentBytes, long FlushLogBytes)
{
    private const long SegmentBytesMin = 256 * 1024;
    private const long SegmentBytesMax = 64L * 1024 * 1024;

    // Two segments, the log until the next flush, the store and its compactions share the disk.
    private const int ShareOfCapacity = 16;

    public static StorageBudget For(DiskSpace space, long flushLogBytes)
    {
        long share = Math.Max(SegmentBytesMin, space.CapacityBytes / ShareOfCapacity);
        return new StorageBudget(Math.Min(SegmentBytesMax, share), Math.Min(flushLogBytes, share));
    }
}
