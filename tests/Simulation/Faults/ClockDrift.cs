using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A machine's time runs faster or slower than it should, up to double or half of it.</summary>
internal sealed class ClockDrift : IFault
{
    public string Name => "clock drift";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var machine = strike.Pick(world.Machines);
        double rate = strike.Random.Next(3) switch { 0 => 0.5, 1 => 2, _ => strike.Draw(0.8, 1.25) };
        strike.Note($"{machine.Name}, {rate:F3}");
        strike.Fired();
        machine.SetClockRate(rate);
        await strike.LastAsync(TimeSpan.FromMilliseconds(500), world.Shape.SafetyPhase).ConfigureAwait(false);
        machine.SetClockRate(1);
    }
}
