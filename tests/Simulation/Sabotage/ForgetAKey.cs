using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Sabotage;

/// <summary>The metadata store forgets one of many keys that it is given.</summary>
internal sealed class ForgetAKey : ISabotage
{
    // Rare enough for a cluster to start, often enough for every run to meet it.
    private const int KeysPerLoss = 499;

    public string Name => "forget a key of a batch";

    public string Breaks => "each acknowledged operation happened exactly once";

    public IReadOnlyList<string> Faults => [];

    public KnownCatch Known => new(4, "no call meets a defect");

    public void TakeHold(World world)
    {
        int keys = 0;
        world.Seams.StoreDropsKey = _ => ++keys % KeysPerLoss == 0;
    }
}
