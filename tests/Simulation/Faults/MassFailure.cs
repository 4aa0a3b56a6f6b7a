using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Several chunk servers die at the same moment, for longer than repair waits, and come back in any order.</summary>
internal sealed class MassFailure : IFault
{
    private const int SurvivorsMin = 1;
    private const int FewestDead = 2;

    public string Name => "mass failure";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var up = world.Servers.Where(machine => machine.IsUp && !machine.IsHeldDown).OrderBy(_ => strike.Random.Next()).ToList();
        if (up.Count < FewestDead + SurvivorsMin)
        {
            return;
        }

        var dead = up.Take(strike.Random.Next(FewestDead, up.Count - SurvivorsMin + 1)).ToList();
        strike.Fired();
        strike.Note($"{string.Join(", ", dead.Select(machine => machine.Name))} die at once");
        bool isKill = strike.Random.Next(2) == 0;
        foreach (var machine in dead)
        {
            machine.IsHeldDown = true;
            if (isKill)
            {
                machine.Kill();
            }
            else
            {
                machine.CutPower();
            }
        }

        var options = world.Shape.MetaOptions;
        var known = options.DeadAfter + options.RepairGrace;
        await strike.LastAsync(options.DeadAfter, known + (options.MassFailureWindow * 1.5));
        foreach (var machine in dead)
        {
            machine.IsHeldDown = false;
            machine.Start();
            await strike.LastAsync(TimeSpan.Zero, options.DeadAfter);
        }
    }
}
