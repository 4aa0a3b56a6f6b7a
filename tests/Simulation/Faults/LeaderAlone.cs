using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// The metadata server that leads and the others do not hear each other, or only one way; clients hear all of them, and some go on asking the
/// old leader.
/// </summary>
internal sealed class LeaderAlone : IFault
{
    public string Name => "leader alone";

    public bool IsPossible(World world) => world.Metas.Count > 1;

    public async Task StrikeAsync(World world, Strike strike)
    {
        var leader = world.Meta;
        var others = world.Metas.Where(meta => meta != leader).ToList();
        int way = strike.Random.Next(4);
        strike.Note($"{leader.Name}, {(way == 0 ? "hears nothing" : way == 1 ? "is not heard" : "both ways")}");
        var cut = new Cut(world);
        if (way != 1)
        {
            cut.Close(others, [leader]);
        }

        if (way != 0)
        {
            cut.Close([leader], others);
        }

        await cut.LastAsync(strike).ConfigureAwait(false);
    }
}
