using DfsNet.Simulation.Faults;
using DfsNet.Simulation.Nodes;
using DfsNet.Simulation.Workloads;

namespace DfsNet.Simulation.Running;

/// <summary>Everything a run will do, as lists, so that parts can be dropped and the rest stays as it is.</summary>
internal sealed record Plan(IReadOnlyList<PlannedStrike> Strikes, IReadOnlyList<PlannedWorkload> Workloads)
{
    private const int StrikesMax = 12;
    private const int WorkloadsMax = 3;

    /// <summary>Draws a plan. Each run uses some faults and some workloads: what is left out lets the others get further.</summary>
    public static Plan Draw(Random random, World world, RunOptions options)
    {
        var shape = world.Shape;
        var faults = FaultList.All.Where(fault => fault.IsPossible(world)).Select(fault => fault.Name)
            .Where(name => options.Faults is null || options.Faults.Contains(name))
            .Where(_ => options.Faults is not null || random.Next(5) < 2).ToList();
        int count = faults.Count == 0 ? 0 : random.Next(1, StrikesMax + 1);
        var strikes = Enumerable.Range(0, count)
            .Select(i => new PlannedStrike(
                i, shape.SafetyPhase * random.NextDouble(), faults[random.Next(faults.Count)], random.Next()))
            .OrderBy(strike => strike.At).ToList();
        var kinds = WorkloadList.All.Where(kind => options.Workloads is null || options.Workloads.Contains(kind.Name)).ToList();
        var workloads = Enumerable.Range(0, random.Next(1, WorkloadsMax + 1)).Select(i =>
        {
            var kind = kinds[random.Next(kinds.Count)];
            var clients = Enumerable.Range(0, shape.Clients).OrderBy(_ => random.Next()).Take(random.Next(1, shape.Clients + 1)).ToList();
            int operations = random.Next(kind.Operations / 2, kind.Operations + 1);
            return new PlannedWorkload(
                i, kind.Name, clients, operations, shape.SafetyPhase * clients.Count / (operations * 1.5), random.Next());
        }).ToList();
        return new Plan(strikes, workloads);
    }
}
