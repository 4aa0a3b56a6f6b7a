using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>One side hears the other, which hears nothing.</summary>
internal sealed class OneWayPartition : IFault
{
    public string Name => "one-way partition";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var (here, there) = Cut.Split(strike, world.Machines);
        var (from, to) = strike.Random.Next(2) == 0 ? (here, there) : (there, here);
        strike.Note($"{Cut.NamesOf(from)} is not heard by {Cut.NamesOf(to)}");
        var cut = new Cut(world);
        cut.Close(from, to);
        await cut.LastAsync(strike).ConfigureAwait(false);
    }
}
