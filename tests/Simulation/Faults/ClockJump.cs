using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A wall clock jumps, far or a little, forward or back; and back again when somebody sets it right.</summary>
internal sealed class ClockJump : IFault
{
    private static readonly IReadOnlyList<TimeSpan> Jumps =
        [TimeSpan.FromHours(1), TimeSpan.FromHours(-1), TimeSpan.FromDays(400), TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5)];

    public string Name => "clock jump";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var machine = strike.Pick(world.Machines);
        var jump = strike.Pick(Jumps);
        strike.Note($"{machine.Name} by {jump}");
        strike.Fired();
        machine.SetWallOffset(jump);
        await strike.LastAsync(TimeSpan.FromMilliseconds(10), world.Shape.SafetyPhase).ConfigureAwait(false);
        machine.SetWallOffset(TimeSpan.Zero);
    }
}
