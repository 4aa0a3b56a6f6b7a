namespace DfsNet.Simulation.Running;

/// <summary>A run as text for people.</summary>
internal static class RunText
{
    private const string Command = "dotnet run -c Release --project tests/Simulation --";

    /// <summary>The one line that does it again.</summary>
    public static string Reproduce(RunOptions options)
    {
        string line = $"{Command} --seed {options.Seed}";
        if (options.DefaultTimeouts)
        {
            line += " --timeouts default";
        }

        if (options.Backups is { } backups)
        {
            line += backups ? " --backups on" : " --backups off";
        }

        if (options.MetaServers is { } servers)
        {
            line += $" --meta-servers {servers}";
        }

        if (options.Faults is { } faults)
        {
            line += $" --faults \"{(faults.Count == 0 ? "none" : string.Join(',', faults))}\"";
        }

        if (options.Workloads is { } workloads)
        {
            line += $" --workloads \"{string.Join(',', workloads)}\"";
        }

        if (options.Sabotage is { } sabotage)
        {
            line += $" --sabotage \"{sabotage}\"";
        }

        if (options.DroppedStrikes.Count > 0)
        {
            line += $" --drop-strikes {string.Join(',', options.DroppedStrikes)}";
        }

        return options.DroppedOperations.Count > 0 ? $"{line} --drop-operations {string.Join(',', options.DroppedOperations)}" : line;
    }

    public static IEnumerable<string> Plan(RunResult result, RunOptions options)
    {
        yield return $"seed {result.Seed}: {result.Shape}";
        foreach (var workload in result.Plan.Workloads)
        {
            yield return $"  workload {workload.Number}: {workload.Workload}, {workload.Operations} operations by clients "
                + $"{string.Join(", ", workload.Clients.Select(client => client + 1))}";
        }

        foreach (var strike in result.Plan.Strikes)
        {
            string dropped = options.DroppedStrikes.Contains(strike.Number) ? " (dropped)" : "";
            yield return $"  strike {strike.Number} after {strike.At.TotalSeconds:F3} s: {strike.Fault}{dropped}";
        }
    }

    public static IEnumerable<string> Outcome(RunResult result, RunOptions options)
    {
        foreach (string violation in result.Violations)
        {
            yield return $"  VIOLATION {violation}";
        }

        yield return result.Violations.Count == 0
            ? $"seed {result.Seed} held: {result.VirtualTime.TotalSeconds:F1} s of virtual time, {result.Events} events, "
                + $"trace {result.TraceHash:x16}"
            : $"seed {result.Seed} FAILED, trace {result.TraceHash:x16}; again: {Reproduce(options)}";
    }
}
