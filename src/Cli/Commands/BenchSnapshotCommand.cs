using System.CommandLine;
using System.Globalization;
using DfsNet.Cli.Bench;
using DfsNet.Cli.Options;
using DfsNet.Cli.Servers;

namespace DfsNet.Cli.Commands;

/// <summary>dfs bench snapshot: whether writes of the metadata wait for a snapshot or a backup.</summary>
internal static class BenchSnapshotCommand
{
    private const int MetaServers = 3;
    private const int NamesDefault = 200_000;
    private const int NamesMax = 10_000_000;

    // Little enough that a server that was away for a few seconds is behind it.
    private const string LagBytesMax = "256KiB";

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(
            "snapshot",
            "Makes directories on three metadata servers of its own: the longest time that none was acknowledged, alone, while a server "
                + "fetches a snapshot, and while a backup is taken");
        var names = NumberOption.Create("--names", [], "Directories to make before", 1, NamesMax, NamesDefault);
        command.Add(names);
        return ClusterBenchmark.Of(
            command,
            new ChildClusterPlan(0, MetaServers) { MetaOptions = ["--lag-bytes-max", LagBytesMax] },
            async (cluster, parsed, cancellation) =>
            {
                var facts = await new SnapshotBenchmark(cluster, surroundings)
                    .RunAsync(parsed.GetValue(names) ?? NamesDefault, cancellation).ConfigureAwait(false);
                return new CommandAnswer<SnapshotFacts>(facts, Text(facts));
            },
            surroundings);
    }

    private static string Text(SnapshotFacts facts) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        machine: fsync of 4 KiB, one after the other   {facts.FlushesPerSecond,9:N0} /s
        directories before                             {facts.Names,9:N0}
        nothing acknowledged, alone, longest           {facts.GapQuietMs,9:N1} ms
        nothing acknowledged, with a snapshot, longest {facts.GapSnapshotMs,9:N1} ms   ({facts.SnapshotSeconds:0.0} s)
        nothing acknowledged, with a backup, longest   {facts.GapBackupMs,9:N1} ms   ({facts.BackupSeconds:0.0} s)
        operations acknowledged                        {facts.Acknowledged,9:N0}
        """);
}
