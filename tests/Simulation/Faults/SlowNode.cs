using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A process does everything late: a busy machine, a bad neighbour, a thermal throttle.</summary>
internal sealed class SlowNode : IFault
{
    public string Name => "slow node";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var machine = strike.Pick(world.Machines);
        if (machine.Life is not { IsAlive: true } life)
        {
            return;
        }

        var slowness = strike.Draw(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(200));
        strike.Note($"{machine.Name}, {slowness.TotalMilliseconds:F1} ms");
        strike.Fired();
        life.Slowness = slowness;
        await strike.LastAsync(TimeSpan.FromMilliseconds(200), world.Shape.SafetyPhase).ConfigureAwait(false);
        life.Slowness = TimeSpan.Zero;
    }
}
