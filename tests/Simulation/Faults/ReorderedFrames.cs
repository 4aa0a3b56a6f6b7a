using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Bulk frames change places. They are under way long enough to meet each other.</summary>
internal sealed class ReorderedFrames : IFault
{
    private static readonly TimeSpan DelayMin = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan DelayMax = TimeSpan.FromMilliseconds(50);

    public string Name => "reorder";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = LinkSelection.Draw(world, strike);
        double rate = strike.Draw(0.05, 0.9);
        var delay = strike.Draw(DelayMin, DelayMax);
        strike.Note($"{hit.Where}, {rate:P1}, {delay.TotalMilliseconds:F1} ms");
        hit.Change(link => (link.ReorderRate, link.DelayMax) = (rate, delay));
        await strike.LastAsync(
            TimeSpan.FromMilliseconds(200), world.Shape.SafetyPhase, () => world.Network.Counters.Reorders).ConfigureAwait(false);
        hit.Change(link => (link.ReorderRate, link.DelayMax) = (world.Network.Defaults.ReorderRate, world.Network.Defaults.DelayMax));
    }
}
