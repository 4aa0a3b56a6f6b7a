using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Ways that a partition closes, and opens again when it is over.</summary>
internal sealed class Cut(World world)
{
    private readonly List<LinkConditions> _links = [];

    /// <summary>Nothing passes from the ones to the others any more.</summary>
    public void Close(IReadOnlyList<Machine> from, IReadOnlyList<Machine> to)
    {
        foreach (var (a, b) in from.SelectMany(a => to.Select(b => (a, b))).Where(pair => pair.a != pair.b))
        {
            var link = world.Network.Link(a.Name, b.Name);
            link.IsCut = true;
            _links.Add(link);
        }
    }

    /// <summary>Lasts as long as partitions do, and then opens all of them.</summary>
    public async Task LastAsync(Strike strike)
    {
        await strike.LastAsync(TimeSpan.FromMilliseconds(50), world.Shape.SafetyPhase, () => world.Network.Counters.Vanished)
            .ConfigureAwait(false);
        Open();
    }

    public void Open()
    {
        foreach (var link in _links)
        {
            link.IsCut = false;
        }
    }

    /// <summary>Two sides of any sizes: a lonely machine as often as halves.</summary>
    public static (IReadOnlyList<Machine> Here, IReadOnlyList<Machine> There) Split(Strike strike, IEnumerable<Machine> machines)
    {
        var mixed = machines.OrderBy(_ => strike.Random.Next()).ToList();
        int here = strike.Random.Next(2) == 0 ? 1 : strike.Random.Next(1, mixed.Count);
        return (mixed[..here], mixed[here..]);
    }

    public static string NamesOf(IEnumerable<Machine> machines) => string.Join(' ', machines.Select(machine => machine.Name));
}
