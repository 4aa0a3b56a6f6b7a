using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Each metadata server is heard by the next one only.</summary>
internal sealed class RingPartition : IFault
{
    public string Name => "ring partition";

    public bool IsPossible(World world) => world.Metas.Count > 2;

    public async Task StrikeAsync(World world, Strike strike)
    {
        var ring = world.Metas.OrderBy(_ => strike.Random.Next()).ToList();
        strike.Note(Cut.NamesOf(ring));
        var cut = new Cut(world);
        for (int i = 0; i < ring.Count; i++)
        {
            cut.Close([ring[i]], [.. ring.Where(other => other != ring[(i + 1) % ring.Count])]);
        }

        await cut.LastAsync(strike).ConfigureAwait(false);
    }
}
