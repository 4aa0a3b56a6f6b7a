using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Two sides do not hear each other, but both hear some machines in the middle, as often as not the metadata server.</summary>
internal sealed class BridgePartition : IFault
{
    public string Name => "bridge partition";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var bridge = new List<Machine> { strike.Random.Next(2) == 0 ? world.Meta : strike.Pick(world.Machines) };
        if (strike.Random.Next(2) == 0)
        {
            bridge.Add(strike.Pick([.. world.Machines.Except(bridge)]));
        }

        var (here, there) = Cut.Split(strike, world.Machines.Except(bridge));
        strike.Note($"{Cut.NamesOf(here)} | {Cut.NamesOf(there)}; between them {Cut.NamesOf(bridge)}");
        var cut = new Cut(world);
        cut.Close(here, there);
        cut.Close(there, here);
        await cut.LastAsync(strike).ConfigureAwait(false);
    }
}
