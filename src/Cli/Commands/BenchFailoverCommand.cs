using System.CommandLine;
using System.Globalization;
using DfsNet.Cli.Bench;
using DfsNet.Cli.Options;
using DfsNet.Cli.Servers;

namespace DfsNet.Cli.Commands;

/// <summary>dfs bench failover: how long clients wait when the metadata leader is killed, and whether anything gets lost.</summary>
internal static class BenchFailoverCommand
{
    private const int RunsDefault = 30;
    private const int RunsMax = 10_000;
    private const int MetaServers = 3;

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(
            "failover",
            "Kills the metadata leader under load, again and again, on a cluster of its own: how long nothing was acknowledged, and "
                + "whether every acknowledged operation happened exactly once");
        var runs = NumberOption.Create("--runs", [], "Leaders to kill", 1, RunsMax, RunsDefault);
        command.Add(runs);
        return ClusterBenchmark.Of(
            command,
            new ChildClusterPlan(0, MetaServers),
            async (cluster, parsed, cancellation) =>
            {
                var facts = await new FailoverBenchmark(cluster, surroundings).RunAsync(parsed.GetValue(runs) ?? RunsDefault, cancellation)
                    .ConfigureAwait(false);
                return new CommandAnswer<FailoverFacts>(facts, Text(facts), facts is { Lost: 0, Unexpected: 0, Failed: 0 });
            },
            surroundings);
    }

    private static string Text(FailoverFacts facts) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        machine: fsync of 4 KiB, one after the other   {facts.FlushesPerSecond,9:N0} /s
        round trip to the metadata leader              {facts.RoundTripMs,9:N2} ms
        leaders killed (kill -9)                       {facts.Runs,9:N0}
        nothing acknowledged, p50                      {facts.GapP50Ms,9:N0} ms
        nothing acknowledged, worst                    {facts.GapWorstMs,9:N0} ms
        operations acknowledged                        {facts.Acknowledged,9:N0}
        lost, not asked for, failed                    {facts.Lost}, {facts.Unexpected}, {facts.Failed}
        """);
}
