using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Requests are executed twice, bulk frames arrive twice.</summary>
internal sealed class DuplicatedMessages : IFault
{
    public string Name => "duplicate";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = LinkSelection.Draw(world, strike);
        double rate = strike.Draw(0.01, 0.3);
        strike.Note($"{hit.Where}, {rate:P1}");
        hit.Change(link => link.DuplicateRate = rate);
        await strike.LastAsync(
            TimeSpan.FromMilliseconds(200), world.Shape.SafetyPhase, () => world.Network.Counters.Duplicates).ConfigureAwait(false);
        hit.Change(link => link.DuplicateRate = world.Network.Defaults.DuplicateRate);
    }
}
