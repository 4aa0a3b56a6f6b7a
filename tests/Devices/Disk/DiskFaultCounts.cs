namespace DfsNet.Devices;

/// <summary>What a simulated disk does to its user.</summary>
public enum DiskFault
{
    Crash,
    Kill,
    LostSector,
    TornSector,
    LengthLeftOpen,
    LostName,
    FlushError,
    SectorLostByFlush,
    FlushLie,
    DirectoryFlushLie,
    WriteError,
    Full,
    ReadError,
    LostWrite,
    MisdirectedWrite,
    Rot,
}

/// <summary>How often each fault really happened, not how often it was asked for.</summary>
public sealed class DiskFaultCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<DiskFault>().Length];

    public long this[DiskFault fault] => _counts[(int)fault];

    /// <summary>The faults that happened, in a fixed order.</summary>
    public IEnumerable<KeyValuePair<DiskFault, long>> Happened =>
        Enum.GetValues<DiskFault>().Where(fault => this[fault] > 0).Select(fault => KeyValuePair.Create(fault, this[fault]));

    internal void Note(DiskFault fault) => _counts[(int)fault]++;
}
