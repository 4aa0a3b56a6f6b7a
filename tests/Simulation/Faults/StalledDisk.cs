using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A disk answers nothing for seconds, and then everything.</summary>
internal sealed class StalledDisk : IFault
{
    private static readonly TimeSpan StallMin = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan StallMax = TimeSpan.FromSeconds(20);

    public string Name => "stalled disk";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = StrikeDisk.Any(world, strike);
        var stall = strike.Draw(StallMin, StallMax);
        strike.Note($"{hit.Name}, {stall.TotalSeconds:F1} s");
        strike.Fired();
        hit.Pace.StalledUntil = (world.Now + stall).Ticks;
        await strike.LastAsync(stall).ConfigureAwait(false);
    }
}
