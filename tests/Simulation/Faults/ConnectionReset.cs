using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Connections break: once between two machines, all of a machine at once, or again and again.</summary>
internal sealed class ConnectionReset : IFault
{
    private const int StormMax = 20;

    public string Name => "connection reset";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var from = strike.Pick(world.Machines);
        bool isAll = strike.Random.Next(2) == 0;
        var to = isAll ? world.Machines : [strike.Pick(world.Machines)];
        int times = strike.Random.Next(3) == 0 ? strike.Random.Next(2, StormMax) : 1;
        strike.Note($"{from.Name} and {(isAll ? "all" : to[0].Name)}, {times} times");
        for (int i = 0; i < times; i++)
        {
            foreach (var machine in to)
            {
                world.Network.Reset(from.Name, machine.Name);
            }

            // The ends learn of it a moment later.
            await strike.LastAsync(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(300), () => world.Network.Counters.BrokenEnds)
                .ConfigureAwait(false);
        }
    }
}
