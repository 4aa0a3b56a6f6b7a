using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A link carries only so many bytes per second: a broken cable, a crowded switch.</summary>
internal sealed class SlowLink : IFault
{
    private const double BytesPerSecondMin = 5_000;
    private const double BytesPerSecondMax = 5_000_000;

    public string Name => "slow link";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = LinkSelection.Draw(world, strike);
        long speed = (long)strike.Draw(BytesPerSecondMin, BytesPerSecondMax);
        strike.Note($"{hit.Where}, {speed} bytes per second");
        strike.Fired();
        hit.Change(link => link.BytesPerSecond = speed);
        await strike.LastAsync(TimeSpan.FromMilliseconds(200), world.Shape.SafetyPhase).ConfigureAwait(false);
        hit.Change(link => link.BytesPerSecond = world.Network.Defaults.BytesPerSecond);
    }
}
