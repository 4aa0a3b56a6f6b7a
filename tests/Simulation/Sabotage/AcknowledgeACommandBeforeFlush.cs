using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Sabotage;

/// <summary>The metadata server's disk says that it has flushed the command log, and has not.</summary>
internal sealed class AcknowledgeACommandBeforeFlush : ISabotage
{
    public string Name => "acknowledge a command before flush";

    public string Breaks => "a change is acknowledged when it is durable";

    public IReadOnlyList<string> Faults => ["power cut of all"];

    public KnownCatch Known => new(1, "every server comes back");

    public void TakeHold(World world)
    {
        foreach (var meta in world.Metas)
        {
            meta.Disk.FlushesLie = true;
        }
    }
}
