using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>The whole site loses its power, and comes back in any order.</summary>
internal sealed class PowerCutOfAll : IFault
{
    public string Name => "power cut of all";

    public async Task StrikeAsync(World world, Strike strike)
    {
        strike.Fired();
        var down = world.Machines.Where(machine => !machine.IsHeldDown).ToList();
        foreach (var machine in down)
        {
            machine.IsHeldDown = true;
            machine.CutPower();
        }

        foreach (var machine in down.OrderBy(_ => strike.Random.Next()).ToList())
        {
            await strike.LastAsync(TimeSpan.Zero, TimeSpan.FromMilliseconds(300));
            machine.IsHeldDown = false;
            machine.Start();
        }
    }
}
