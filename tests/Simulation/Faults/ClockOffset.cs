using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Every machine's wall clock is wrong by another amount, for a while.</summary>
internal sealed class ClockOffset : IFault
{
    private static readonly TimeSpan OffsetMax = TimeSpan.FromMinutes(5);

    public string Name => "clock offset";

    public async Task StrikeAsync(World world, Strike strike)
    {
        strike.Fired();
        foreach (var machine in world.Machines)
        {
            var offset = OffsetMax * ((2 * strike.Random.NextDouble()) - 1);
            strike.Note($"{machine.Name} by {offset.TotalSeconds:F1} s");
            machine.SetWallOffset(offset);
        }

        await strike.LastAsync(TimeSpan.FromMilliseconds(500), world.Shape.SafetyPhase).ConfigureAwait(false);
        foreach (var machine in world.Machines)
        {
            machine.SetWallOffset(TimeSpan.Zero);
        }
    }
}
