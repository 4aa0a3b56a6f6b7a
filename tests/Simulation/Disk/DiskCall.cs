namespace DfsNet.Simulation.Disk;

/// <summary>What a process asks of a disk, for the trace.</summary>
internal enum DiskCall
{
    Open = 1,
    Exists,
    List,
    CreateDirectory,
    Rename,
    Delete,
    FlushDirectory,
    GetSpace,
    Lock,
    GetLength,
    Read,
    Write,
    Flush,
    Allocate,
    SetLength,
    Down,
}
