using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Sabotage;

/// <summary>The disks of chunk servers say that they have flushed a file, and have not.</summary>
internal sealed class AcknowledgeBeforeFlush : ISabotage
{
    public string Name => "acknowledge before flush";

    public string Breaks => "an acknowledged byte survives power loss of every server";

    public IReadOnlyList<string> Faults => ["power cut of all"];

    public KnownCatch Known => new(1, "a volume fails only with its disk");

    public void TakeHold(World world)
    {
        foreach (var disk in world.Servers.SelectMany(server => server.Disks))
        {
            disk.Disk.FlushesLie = true;
        }
    }
}
