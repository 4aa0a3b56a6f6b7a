using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>The network falls into two sides that do not hear each other.</summary>
internal sealed class Partition : IFault
{
    public string Name => "partition";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var (here, there) = Cut.Split(strike, world.Machines);
        strike.Note($"{Cut.NamesOf(here)} | {Cut.NamesOf(there)}");
        var cut = new Cut(world);
        cut.Close(here, there);
        cut.Close(there, here);
        await cut.LastAsync(strike).ConfigureAwait(false);
    }
}
