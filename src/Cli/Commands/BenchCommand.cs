using System.CommandLine;
using System.Globalization;
using DfsNet.Cli.Bench;
using DfsNet.Cli.Local;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;
using DfsNet.Cli.Servers;
using DfsNet.Client;
using DfsNet.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.Cli.Commands;

/// <summary>dfs bench: one table of speeds, with the machine's own limits measured in the same run.</summary>
internal static class BenchCommand
{
    private const int ChunkServers = 4;

    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command(
            "bench", "Measures speeds beside the machine's own limits, on a cluster of its own, each server a process");
        var size = new SizeOption("Length of the large file", "1GiB");
        var files = new Option<int>(
            "--files")
        { Description = "Number of small files", HelpName = "number", DefaultValueFactory = _ => 10_000 };
        files.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1
                && !(int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out int number) && number > 0))
            {
                result.AddError("--files takes a positive number");
            }
        });
        var existing = new Option<bool>(
            "--existing")
        { Description = "Measure the cluster that --meta names instead; no server is killed" };
        var inProcess = new Option<bool>("--in-process")
        {
            Description =
                "Keep all servers in this process, so that the allocations shown are those of every role together; no server is killed",
        };
        var metas = new Option<int>("--meta-servers") { Description = "Metadata servers, 1 or 3", DefaultValueFactory = _ => 1 };
        metas.AcceptOnlyFromAmong("1", "3");
        var json = PathArguments.Json("one object");
        AddParts(
            command,
            Parts(surroundings),
            [size.Option, files, metas, existing, inProcess, json]);

        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(existing) && parsed.GetValue(inProcess))
            {
                throw CommandFailure.Usage("--existing and --in-process exclude each other");
            }

            var bench = new Bench(surroundings, size.Of(parsed), parsed.GetRequiredValue(files), parsed.GetRequiredValue(metas));
            var figures = parsed.GetValue(existing) ? await bench.OnExistingAsync(clients, parsed, cancellation).ConfigureAwait(false)
                : parsed.GetValue(inProcess) ? await bench.InProcessAsync(cancellation).ConfigureAwait(false)
                : await bench.OnChildrenAsync(cancellation).ConfigureAwait(false);
            await WriteAsync(figures, parsed.GetValue(json), surroundings).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<Command> Parts(Surroundings surroundings) =>
    [
        BenchFailoverCommand.Create(surroundings), BenchSnapshotCommand.Create(surroundings), BenchRepairCommand.Create(surroundings),
        BenchStallCommand.Create(surroundings),
    ];

    private static void AddParts(Command command, IEnumerable<Command> commands, IEnumerable<Option> options)
    {
        foreach (var part in commands)
        {
            command.Add(part);
        }

        foreach (var option in options)
        {
            command.Add(option);
        }
    }

    private static async Task WriteAsync(IReadOnlyList<Measurement> figures, bool json, Surroundings surroundings)
    {
        if (json)
        {
            await surroundings.Out.WriteLineAsync(JsonOutput.Of(new BenchFacts(Environment.ProcessorCount, figures))).ConfigureAwait(false);
            return;
        }

        int width = figures.Max(figure => figure.Name.Length);
        foreach (var figure in figures)
        {
            string value = figure.Value.ToString(figure.Value >= 100 ? "N0" : "N1", CultureInfo.InvariantCulture);
            string cost = figure.CoreSecondsPerGiB is { } seconds
                ? string.Create(CultureInfo.InvariantCulture, $"  {seconds:0.0} core-s/GiB")
                : "";
            string beside = figure.Beside.Length == 0 ? "" : $"  {figure.Beside}";
            await surroundings.Out.WriteLineAsync($"{figure.Name.PadRight(width)}  {value,9} {figure.Unit}{cost}{beside}").ConfigureAwait(
                false);
        }
    }

    /// <summary>One run, on one of the three kinds of cluster.</summary>
    private sealed class Bench(Surroundings surroundings, long sizeBytes, int files, int metaServers)
    {
        public async Task<IReadOnlyList<Measurement>> OnChildrenAsync(CancellationToken cancellation)
        {
            await SayAsync($"starting metadata servers ({metaServers}) and {ChunkServers} chunk servers, each a process of its own")
                .ConfigureAwait(false);
            var cluster = await ChildCluster.StartAsync(new ChildClusterPlan(ChunkServers, metaServers), surroundings, cancellation)
                .ConfigureAwait(false);
            await using (cluster.ConfigureAwait(false))
            {
                var servers = cluster.ChunkServers.Values.Concat(cluster.MetaServers.Values).ToList();
                long peak = 0;
                var figures = await RunAsync(
                    cluster.Files,
                    cluster.Data,
                    () => Environment.CpuUsage.TotalTime + servers.Aggregate(TimeSpan.Zero, (sum, server) => sum + server.ProcessorTime),
                    () =>
                    {
                        var before = cluster.ProcessorTimes();
                        return () =>
                        {
                            peak = Math.Max(peak, servers.Max(server => server.PeakResidentBytes));
                            string name = cluster.KillBusiest(before);
                            servers.RemoveAll(server => server.Name == name);
                        };
                    },
                    cancellation).ConfigureAwait(false);
                peak = Math.Max(peak, servers.Max(server => server.PeakResidentBytes));
                return
                [
                    .. figures,
                    new Measurement("most memory of any server", peak / 1048576.0, "MiB"),
                    new Measurement(
                        "most memory of the client", System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0, "MiB"),
                ];
            }
        }

        public async Task<IReadOnlyList<Measurement>> InProcessAsync(CancellationToken cancellation)
        {
            string data = LocalFiles.CreateTemporaryDirectory("dfs-bench-");
            try
            {
                var options = new EmbeddedClusterOptions { Data = data, ChunkServers = ChunkServers, MetaServers = metaServers };
                var cluster = await EmbeddedCluster.StartAsync(options, NullLoggerFactory.Instance, cancellation).ConfigureAwait(false);
                await using (cluster.ConfigureAwait(false))
                {
                    var files = await DfsClient.ConnectAsync(
                        new DfsClientOptions { MetadataAddresses = cluster.MetaAddresses, ClientName = "dfs bench" },
                        cancellation).ConfigureAwait(false);
                    await using (files.ConfigureAwait(false))
                    {
                        return await RunAsync(files, data, () => Environment.CpuUsage.TotalTime, null, cancellation).ConfigureAwait(false);
                    }
                }
            }
            finally
            {
                LocalFiles.DeleteDirectory(data);
            }
        }

        public async Task<IReadOnlyList<Measurement>> OnExistingAsync(Clients clients, ParseResult parsed, CancellationToken cancellation)
        {
            string data = LocalFiles.CreateTemporaryDirectory("dfs-bench-");
            try
            {
                var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
                await using (client.ConfigureAwait(false))
                {
                    return await RunAsync(client.Files, data, null, null, cancellation).ConfigureAwait(false);
                }
            }
            finally
            {
                LocalFiles.DeleteDirectory(data);
            }
        }

        private Task<IReadOnlyList<Measurement>> RunAsync(
            DfsClient client, string localDirectory, Func<TimeSpan>? processorTime, Func<Action>? armKill, CancellationToken cancellation)
        {
            string directory = string.Create(CultureInfo.InvariantCulture, $"/dfs-bench-{surroundings.Random.Next():x8}");
            var context = new BenchContext(client, directory, surroundings.Time, surroundings.Random, processorTime, sizeBytes, files);
            return new BenchRun(context, localDirectory, armKill, SayAsync).RunAsync(cancellation);
        }

        private Task SayAsync(string line) => surroundings.Error.WriteLineAsync(line);
    }
}
