using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Sabotage;

/// <summary>Nobody flushes a directory: files are durable, their names are not.</summary>
internal sealed class SkipTheDirectoryFlush : ISabotage
{
    public string Name => "skip the directory flush";

    public string Breaks => "acknowledged means on stable storage";

    public IReadOnlyList<string> Faults => ["power cut of all"];

    public KnownCatch Known => new(1, "a volume fails only with its disk");

    public void TakeHold(World world)
    {
        foreach (var disk in world.Servers.SelectMany(server => server.Disks))
        {
            disk.Disk.DirectoryFlushesLie = true;
        }

        foreach (var meta in world.Metas)
        {
            meta.Disk.DirectoryFlushesLie = true;
        }

    }
}
