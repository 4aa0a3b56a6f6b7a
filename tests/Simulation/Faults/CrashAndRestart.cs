using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>One process is killed, or one machine loses its power; it comes back after a while, sometimes at once.</summary>
internal sealed class CrashAndRestart : IFault
{
    public string Name => "crash and restart";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var machine = strike.Pick(world.Machines);
        if (!machine.IsUp || machine.IsHeldDown)
        {
            return;
        }

        strike.Fired();
        machine.IsHeldDown = true;
        bool isKill = strike.Random.Next(2) == 0;
        strike.Note($"{(isKill ? "kills" : "cuts the power of")} {machine.Name}");
        if (isKill)
        {
            machine.Kill();
        }
        else
        {
            machine.CutPower();
        }

        await strike.LastAsync(TimeSpan.Zero, world.Shape.MetaOptions.DeadAfter * 2);
        machine.IsHeldDown = false;
        machine.Start();
    }
}
