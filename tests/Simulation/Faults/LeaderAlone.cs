using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// The metadata server that leads and the others do not hear each other, or only one way; clients hear all of them, and some go on asking
/// the old leader.
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

        // A slow clock keeps the old leader in its place, fast ones bring a new one soon.
        bool drifts = strike.Random.Next(2) == 0;
        SetClocks(drifts ? 0.5 : 1, drifts ? 2 : 1);
        await cut.LastAsync(strike).ConfigureAwait(false);
        SetClocks(1, 1);

        void SetClocks(double ofLeader, double ofOthers)
        {
            leader.SetClockRate(ofLeader);
            others.ForEach(other => other.SetClockRate(ofOthers));
        }
    }
}
