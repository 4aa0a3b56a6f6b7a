using System.Diagnostics;
using DfsNet.Simulation.Running;

namespace DfsNet.Simulation.Sabotage;

/// <summary>
/// Runs a sabotaged product, seed after seed, until a checker notices. What the honest product shows at the same seed with the same options
/// does not count.
/// </summary>
internal sealed class Trial(ISabotage sabotage, RunOptions given)
{
    private RunOptions Options => given with
    {
        Faults = given.Faults ?? sabotage.Faults,
        Workloads = given.Workloads ?? sabotage.Workloads,
        MetaServers = given.MetaServers ?? sabotage.MetaServers,
        Sabotage = sabotage.Name,
        StopsAtViolation = true,
    };

    public async Task<TrialOutcome> RunAsync(IEnumerable<int> seeds)
    {
        var watch = Stopwatch.StartNew();
        int last = 0;
        foreach (int seed in seeds)
        {
            last = seed;
            var options = Options with { Seed = seed };
            var result = await new Run(options).ExecuteAsync().ConfigureAwait(false);
            if (result.Violations.Count == 0)
            {
                continue;
            }

            var honest = await new Run(options with { Sabotage = null }).ExecuteAsync().ConfigureAwait(false);
            if (honest.Violations.Count == 0)
            {
                return new TrialOutcome(sabotage.Name, CheckersOf(result), seed, watch.Elapsed.TotalSeconds);
            }
        }

        return new TrialOutcome(sabotage.Name, [], last, watch.Elapsed.TotalSeconds);
    }

    private static List<string> CheckersOf(RunResult result) =>
        [.. result.Violations.Select(line => line.Split(": ")[0].Split('\n')[0]).Distinct()];
}
