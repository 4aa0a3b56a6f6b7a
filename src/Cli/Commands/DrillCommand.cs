using System.CommandLine;
using System.Globalization;
using DfsNet.Cli.Drills;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;

namespace DfsNet.Cli.Commands;

/// <summary>dfs drill: faults on purpose, on a running cluster, scored.</summary>
internal static class DrillCommand
{
    private const int SlackMax = 100;
    private const string WithinDefault = "15m";

    public static Command Create(MetaAddressOption meta, Surroundings surroundings)
    {
        string all = string.Join(", ", DrillList.All.Select(drill => drill.Name));
        var command = new Command(
            "drill",
            "Strikes servers of a running cluster on purpose, and scores what follows; exit code 1 on a miss. Only in a cluster that is "
                + "well and can bear it, and only servers that were started with --allow-drills");
        var names = PathArguments.AnyNumber("drill", $"Which drills [default: all of them: {all}]");
        var check = new Option<bool>("--check") { Description = "Strike nothing; only tell whether it would be allowed" };
        var size = new SizeOption("Size of the file that is stored and read meanwhile", "128MiB");
        var slack = new Option<double>("--slack")
        {
            Description = $"Multiple of the promised times that is no miss, 1 to {SlackMax}: for slow machines",
            HelpName = "number",
            DefaultValueFactory = _ => 1,
        };
        var within = new Option<string>("--whole-within")
        {
            Description = "Time after which it is a miss if replicas are still lacking",
            HelpName = "time",
            DefaultValueFactory = _ => WithinDefault,
        };
        var json = PathArguments.Json("one object");
        command.Add(names);
        command.Add(check);
        command.Add(size.Option);
        command.Add(slack);
        command.Add(within);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var bounds = new DrillBounds(SlackOf(parsed.GetValue(slack)), TimeOf(parsed.GetRequiredValue(within)));
            var plan = new DrillPlan(Choose(parsed.GetValue(names) ?? []), size.Of(parsed), bounds);
            var run = new DrillRun(meta.Of(parsed), plan, surroundings);
            if (parsed.GetValue(check))
            {
                await run.CheckAsync(cancellation).ConfigureAwait(false);
                await surroundings.Out.WriteLineAsync("the cluster is well, and its servers allow drills").ConfigureAwait(false);
                return ExitCode.Done;
            }

            bool quiet = parsed.GetValue(json);
            var scores = await run.RunAsync(
                score => quiet ? Task.CompletedTask : surroundings.Out.WriteLineAsync(DrillFacts.Text(score)), cancellation)
                .ConfigureAwait(false);
            var facts = DrillFacts.Of(scores, bounds.Slack);
            await surroundings.Out.WriteLineAsync(quiet ? JsonOutput.Of(facts) : Summary(facts)).ConfigureAwait(false);
            return facts.Passed ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static string Summary(DrillFacts facts)
    {
        int missed = facts.Drills.Count(drill => !drill.Passed);
        string count = Quantities.Count(facts.Drills.Count, "drill");
        return missed == 0
            ? $"{count}, nothing missed"
            : string.Create(CultureInfo.InvariantCulture, $"{count}, {missed} MISSED");
    }

    private static List<IDrill> Choose(IReadOnlyList<string> names)
    {
        foreach (string name in names.Where(name => DrillList.All.All(drill => drill.Name != name)))
        {
            string known = string.Join(", ", DrillList.All.Select(drill => drill.Name));
            throw CommandFailure.Usage($"there is no drill {Names.Printable(name)}; there are {known}");
        }

        return [.. DrillList.All.Where(drill => names.Count == 0 || names.Contains(drill.Name))];
    }

    private static double SlackOf(double slack) => slack is >= 1 and <= SlackMax
        ? slack
        : throw CommandFailure.Usage($"--slack takes a number from 1 to {SlackMax}");

    private static TimeSpan TimeOf(string text) => Quantities.TryParseTime(text, out var time) && time > TimeSpan.Zero
        ? time
        : throw CommandFailure.Usage($"--whole-within takes a time such as 15m, not {Names.Printable(text)}");
}
