using System.CommandLine;
using System.Globalization;
using DfsNet.Cli.Bench;
using DfsNet.Cli.Options;
using DfsNet.Cli.Servers;

namespace DfsNet.Cli.Commands;

/// <summary>dfs bench repair: how fast redundancy comes back, and what readers notice of it.</summary>
internal static class BenchRepairCommand
{
    private const int ChunkServers = 5;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(
            "repair",
            "Fills five chunk servers of its own, kills one and then another, and measures detection, the rate of healing beside the rate "
                + "at which the machine copies files, and what a reader notices");
        var size = new SizeOption("Length of the file that is stored three times", "2GiB");
        command.Add(size.Option);
        return ClusterBenchmark.Of(
            command,
            new ChildClusterPlan(ChunkServers, 1)
            {
                MetaOptions = ["--repair-grace", $"{Grace.TotalSeconds}s", "--mass-failure-window", "1s"],
            },
            async (cluster, parsed, cancellation) =>
            {
                var facts = await new RepairBenchmark(cluster, Grace, surroundings).RunAsync(size.Of(parsed), cancellation)
                    .ConfigureAwait(false);
                return new CommandAnswer<RepairBenchFacts>(facts, Text(facts));
            },
            surroundings);
    }

    private static string Text(RepairBenchFacts facts) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        copies on the killed server                    {facts.LostBytes / 1024.0 / 1024.0,9:N0} MiB
        from the kill until it counted as dead         {facts.DetectSeconds,9:N1} s
        from the end of the grace to the first copy    {facts.BeginSeconds,9:N1} s
        healed in                                      {facts.HealSeconds,9:N1} s
        rate of healing                                {facts.HealMiBPerSecond,9:N0} MiB/s   ({facts.ShareOfMachine:P0} of the machine's)
        machine: files of 64 MiB copied and flushed    {facts.MachineMiBPerSecond,9:N0} MiB/s
        reads of 64 KiB, p99, nothing else going on    {facts.ReadP99QuietMs,9:N2} ms
        reads of 64 KiB, p99, while it heals           {facts.ReadP99HealingMs,9:N2} ms
        rate of healing meanwhile                      {facts.HealBesideReaderMiBPerSecond,9:N0} MiB/s
        """);
}
