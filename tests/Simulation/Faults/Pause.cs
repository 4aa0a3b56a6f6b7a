using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A process stands still (SIGSTOP, a swapping or migrating machine) and goes on as if nothing had happened.</summary>
internal sealed class Pause : IFault
{
    public string Name => "pause";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var life = strike.Pick(world.Machines).Life;
        if (life is not { IsAlive: true, IsPaused: false })
        {
            return;
        }

        strike.Fired();
        life.Pause();
        await strike.LastAsync(TimeSpan.FromMilliseconds(50), world.Shape.MetaOptions.SessionTimeout * 1.5);
        life.Resume();
    }
}
