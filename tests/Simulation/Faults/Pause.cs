using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A process stands still (SIGSTOP, a swapping or migrating machine) and goes on as if nothing had happened.</summary>
internal sealed class Pause : IFault
{
    public string Name => "pause";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var machine = strike.Pick(world.Machines);
        if (machine.Life is not { IsAlive: true, IsPaused: false } life)
        {
            return;
        }

        strike.Note(machine.Name);
        strike.Fired();
        life.Pause();
        await strike.LastAsync(TimeSpan.FromMilliseconds(50), world.Shape.MetaOptions.SessionTimeout * 1.5);
        life.Resume();
    }
}
