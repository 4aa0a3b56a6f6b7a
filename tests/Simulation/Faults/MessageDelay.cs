using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Messages take long, each another time: calls overtake each other.</summary>
internal sealed class MessageDelay : IFault
{
    public string Name => "delay";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = LinkSelection.Draw(world, strike);
        var max = strike.Draw(TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(400));
        var min = strike.Random.Next(2) == 0 ? world.Network.Defaults.DelayMin : max * 0.8;
        strike.Note($"{hit.Where}, {min.TotalMilliseconds:F1} to {max.TotalMilliseconds:F1} ms");
        strike.Fired();
        hit.Change(link => (link.DelayMin, link.DelayMax) = (min, max));
        await strike.LastAsync(TimeSpan.FromMilliseconds(200), world.Shape.SafetyPhase).ConfigureAwait(false);
        hit.Change(link => (link.DelayMin, link.DelayMax) = (world.Network.Defaults.DelayMin, world.Network.Defaults.DelayMax));
    }
}
