using System.CommandLine;
using System.Globalization;
using DfsNet.Cli.Bench;
using DfsNet.Cli.Servers;

namespace DfsNet.Cli.Commands;

/// <summary>dfs bench stall: what users notice of a server that stands still, or a disk.</summary>
internal static class BenchStallCommand
{
    private const int ChunkServers = 5;
    private const int DisksPerServer = 2;

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(
            "stall",
            "Freezes one chunk server of five of its own (SIGSTOP), and lets one of the two disks of a server hang: the longest read and "
                + "write, and the 99th percentiles before and afterwards, there and elsewhere");
        return ClusterBenchmark.Of(
            command,
            new ChildClusterPlan(ChunkServers, 1) { DisksPerServer = DisksPerServer, ChunkOptions = ["--allow-drills"] },
            async (cluster, _, cancellation) =>
            {
                var facts = await new StallBenchmark(cluster, surroundings).RunAsync(cancellation).ConfigureAwait(false);
                return new CommandAnswer<StallFacts[]>(facts, string.Join(Environment.NewLine, facts.Select(Text)));
            },
            surroundings,
            "an array of objects");
    }

    private static string Text(StallFacts facts) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {(facts.Fault == "freeze" ? "a chunk server frozen (SIGSTOP)" : "one disk of a chunk server hung")}
          longest read                                {facts.ReadGapMs,9:N0} ms
          longest write                               {facts.WriteGapMs,9:N0} ms
          reads, p99 before and afterwards            {facts.ReadP99QuietMs,9:N2} ms  {facts.ReadP99AfterMs,9:N2} ms
          writes, p99 before and afterwards           {facts.WriteP99QuietMs,9:N2} ms  {facts.WriteP99AfterMs,9:N2} ms
          elsewhere: reads, p99 before and meanwhile  {facts.ElsewhereP99QuietMs,9:N2} ms  {facts.ElsewhereP99Ms,9:N2} ms
          elsewhere: longest read, the same           {facts.ElsewhereGapQuietMs,9:N0} ms     {facts.ElsewhereGapMs,9:N0} ms
        """);
}
