namespace DfsNet.Simulation.Running;

/// <summary>
/// Makes a failing run smaller: drops strikes and operations, in halves, quarters and so on (Zeller and Hildebrandt's delta debugging),
/// as long as the first violation comes from the same checker.
/// </summary>
internal sealed class Shrinker(Action<string> print)
{
    public async Task<RunOptions> ShrinkAsync(RunOptions options)
    {
        var failing = await new Run(options).ExecuteAsync().ConfigureAwait(false);
        if (failing.Violations.Count == 0)
        {
            print($"seed {options.Seed} does not fail");
            return options;
        }

        string checker = CheckerOf(failing);
        var strikes = failing.Plan.Strikes.Select(strike => strike.Number).Except(options.DroppedStrikes).ToList();
        var kept = await ReduceAsync(strikes, keep => Without(options, strikes, keep), checker).ConfigureAwait(false);
        options = Without(options, strikes, kept);
        foreach (var workload in failing.Plan.Workloads)
        {
            var before = options;
            var operations = Enumerable.Range(0, workload.Operations)
                .Where(number => !before.DroppedOperations.Any(dropped => dropped.Contains(workload.Number, number))).ToList();
            var left = await ReduceAsync(
                operations, keep => Without(before, workload, keep), checker).ConfigureAwait(false);
            options = Without(before, workload, left);
        }

        return options;
    }

    private static string CheckerOf(RunResult result) => result.Violations[0].Split(':')[0];

    private static RunOptions Without(RunOptions options, List<int> strikes, IReadOnlyCollection<int> keep) =>
        options with { DroppedStrikes = [.. options.DroppedStrikes, .. strikes.Except(keep)] };

    private static RunOptions Without(RunOptions options, PlannedWorkload workload, IReadOnlyList<int> keep)
    {
        var dropped = options.DroppedOperations.Where(range => range.Workload != workload.Number).ToList();
        int next = 0;
        foreach (int number in keep.Append(workload.Operations))
        {
            if (number > next)
            {
                dropped.Add(new DroppedOperations(workload.Number, next, number - 1));
            }

            next = number + 1;
        }

        return options with { DroppedOperations = dropped };
    }

    private async Task<List<int>> ReduceAsync(List<int> all, Func<IReadOnlyList<int>, RunOptions> make, string checker)
    {
        var kept = all;
        int parts = 1;
        while (kept.Count > 0 && parts <= kept.Count)
        {
            int size = (kept.Count + parts - 1) / parts;
            bool smaller = false;
            for (int start = 0; start < kept.Count; start += size)
            {
                var rest = kept.Take(start).Concat(kept.Skip(start + size)).ToList();
                var result = await new Run(make(rest)).ExecuteAsync().ConfigureAwait(false);
                if (result.Violations.Count > 0 && CheckerOf(result) == checker)
                {
                    kept = rest;
                    smaller = true;
                    print($"  still fails without {size} more: {kept.Count} left");
                    break;
                }
            }

            parts = smaller ? Math.Max(1, parts - 1) : parts * 2;
        }

        return kept;
    }
}
