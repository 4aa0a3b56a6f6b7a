using DfsNet.Devices;
using DfsNet.Simulation.Disk;

namespace DfsNet.Simulation.Nodes;

/// <summary>A disk of a chunk server, and how fast it is.</summary>
internal sealed record ChunkDisk(SimulatedDisk Disk)
{
    public DiskPace Pace { get; } = new();
}
