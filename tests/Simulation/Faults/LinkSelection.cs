using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>The links that a strike hits: all, those of one machine, those between two machines, or one direction of these.</summary>
internal sealed record LinkSelection(IReadOnlyList<LinkConditions> Links, string Where)
{
    public static LinkSelection Draw(World world, Strike strike)
    {
        var from = strike.Pick(world.Machines);
        var to = strike.Pick([.. world.Machines.Where(machine => machine != from)]);
        return strike.Random.Next(4) switch
        {
            0 => new([.. world.Machines.SelectMany(a => world.Machines.Select(b => (a, b))).Where(pair => pair.a != pair.b)
                .Select(pair => world.Network.Link(pair.a.Name, pair.b.Name))], "all links"),
            1 => new([.. world.Machines.Where(machine => machine != from).SelectMany(
                machine => new[] { world.Network.Link(from.Name, machine.Name), world.Network.Link(machine.Name, from.Name) })],
                $"the links of {from.Name}"),
            2 => new([world.Network.Link(from.Name, to.Name), world.Network.Link(to.Name, from.Name)],
                $"the link between {from.Name} and {to.Name}"),
            _ => new([world.Network.Link(from.Name, to.Name)], $"the way from {from.Name} to {to.Name}"),
        };
    }

    public void Change(Action<LinkConditions> change)
    {
        foreach (var link in Links)
        {
            change(link);
        }
    }
}
