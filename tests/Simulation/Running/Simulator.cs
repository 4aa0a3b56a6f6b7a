using DfsNet.Simulation.Faults;
using DfsNet.Simulation.Sabotage;
using DfsNet.Simulation.Workloads;

namespace DfsNet.Simulation.Running;

/// <summary>The simulator as a program: exit code 0 when everything held, 1 when something did not, 2 for wrong arguments.</summary>
internal static class Simulator
{
    public static async Task<int> MainAsync(string[] arguments)
    {
        Arguments line;
        try
        {
            line = Arguments.Parse(arguments);
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            await Console.Error.WriteLineAsync(error.Message).ConfigureAwait(false);
            return 2;
        }

        if (line.HelpWanted)
        {
            Console.WriteLine(Arguments.Help);
            return 0;
        }

        if (line.List)
        {
            Console.WriteLine(string.Join('\n', FaultList.All.Select(fault => $"fault     {fault.Name}")));
            Console.WriteLine(string.Join('\n', WorkloadList.All.Select(workload => $"workload  {workload.Name}")));
            Console.WriteLine(string.Join('\n', SabotageList.All.Select(sabotage => $"sabotage  {sabotage.Name}")));
            return 0;
        }

        if (SabotageRuns.IsElsewhere(line))
        {
            using var tree = await PatchedTree.BuildAsync().ConfigureAwait(false);
            return await tree.RunAsync(arguments, Console.WriteLine).ConfigureAwait(false);
        }

        if (line.Sabotages || (line.Run.Sabotage is not null && !line.IsOne))
        {
            return await new SabotageRuns(line, Console.WriteLine).RunAsync().ConfigureAwait(false) ? 0 : 1;
        }

        if (line.Jobs > 1)
        {
            return await new Jobs(WithoutJobs(arguments), line.Jobs, Console.WriteLine).RunAsync().ConfigureAwait(false) ? 0 : 1;
        }

        return line.IsOne
            ? await OneAsync(line).ConfigureAwait(false)
            : await ManyAsync(line).ConfigureAwait(false);
    }

    private static async Task<int> OneAsync(Arguments line)
    {
        var options = line.Run with { Trace = line.Trace ? Console.WriteLine : null };
        if (line.Shrink)
        {
            options = await new Shrinker(Console.WriteLine).ShrinkAsync(options).ConfigureAwait(false);
        }

        var result = await new Run(options).ExecuteAsync().ConfigureAwait(false);
        foreach (string text in RunText.Plan(result, options).Concat(RunText.Outcome(result, options)))
        {
            Console.WriteLine(text);
        }

        return result.Violations.Count == 0 ? 0 : 1;
    }

    private static async Task<int> ManyAsync(Arguments line)
    {
        var campaign = new Campaign(line, Console.WriteLine);
        bool held = await campaign.RunAsync(line.SeedsOfShare()).ConfigureAwait(false);
        if (line.Report is { } file)
        {
            var report = new JobReport(campaign.Coverage, campaign.Runs, campaign.FailedSeeds.Count, Campaign.Seconds);
            await File.WriteAllLinesAsync(file, report.Lines()).ConfigureAwait(false);
            return held ? 0 : 1;
        }

        bool rows = Campaign.Report(campaign.Coverage, campaign.Runs, campaign.FailedSeeds.Count, Campaign.Seconds, Console.WriteLine);
        return held && rows ? 0 : 1;
    }

    private static List<string> WithoutJobs(string[] arguments)
    {
        var rest = arguments.ToList();
        int at = rest.IndexOf("--jobs");
        rest.RemoveRange(at, 2);
        return rest;
    }
}
