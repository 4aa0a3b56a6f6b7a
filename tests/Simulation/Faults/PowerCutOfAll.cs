using DfsNet.Simulation.Nodes;
using DfsNet.Simulation.Running;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// The whole site loses its power, and comes back machine by machine, in any order. Slowly, who is not there yet looks dead to those who
/// are.
/// </summary>
/// <param name="name">As plans and reports name it.</param>
/// <param name="pauseMax">Longest time from one machine to the next.</param>
internal sealed class PowerCutOfAll(string name, Func<Shape, TimeSpan> pauseMax) : IFault
{
    public string Name => name;

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
            await strike.LastAsync(TimeSpan.Zero, pauseMax(world.Shape));
            machine.IsHeldDown = false;
            machine.Start();
        }
    }
}
