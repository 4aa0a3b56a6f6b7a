using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Servers;
using DfsNet.Hosting;
using Microsoft.Extensions.Logging;

namespace DfsNet.Cli.Commands;

/// <summary>dfs up: a local cluster in the foreground.</summary>
internal static class UpCommand
{
    // All of them share this process and this machine's disks; more would only add files.
    private const int ChunkServersMax = 32;
    private const int MetaServersMax = 5;

    public static Command Create(LogLevelOption logLevel, Surroundings surroundings)
    {
        var command = new Command("up", "Runs a cluster on this machine in the foreground and keeps its data; Ctrl-C stops it");
        var data = new Option<string?>("--data") { Description = "Directory for all data [default: ~/.dfs]", HelpName = "directory" };
        var listen = new Option<string>("--listen")
        {
            Description = "host:port of the metadata server; several take the ports behind it as well",
            HelpName = "host:port",
            DefaultValueFactory = _ => "127.0.0.1:7700",
        };
        var servers = NumberOption.Create(
            "--chunk-servers", [], "Chunk servers [default: 3, or as many as the data has; may grow later]", 1, ChunkServersMax, null);
        var metas = NumberOption.Create(
            "--meta-servers", [], "Metadata servers, 1, 3 or 5 [default: 1, or as many as the data has]", 1, MetaServersMax, null);
        metas.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.Tokens[0].Value is ("2" or "4"))
            {
                result.AddError("--meta-servers takes 1, 3 or 5: an even number bears no more losses than one less");
            }
        });
        command.Add(data);
        command.Add(listen);
        command.Add(servers);
        command.Add(metas);
        command.SetAction(async (parsed, cancellation) =>
        {
            string directory = parsed.GetValue(data)
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dfs");
            var options = LocalClusterRecord.Open(directory, parsed.GetValue(servers), parsed.GetValue(metas)) with
            {
                Listen = parsed.GetRequiredValue(listen),
            };
            bool asksElsewhere = parsed.GetResult(listen) is { Implicit: false } && options.MetaAddresses is [var first, ..]
                && first != options.Listen;
            if (asksElsewhere)
            {
                string known = string.Join(", ", options.MetaAddresses);
                throw new CommandFailure($"the metadata servers in {directory} know each other at {known}: leave --listen out");
            }

            using var logs = logLevel.Open(parsed, LogLevel.Warning);
            return await RunAsync(options, logs, surroundings, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        EmbeddedClusterOptions options, ILoggerFactory logs, Surroundings surroundings, CancellationToken cancellation)
    {
        var cluster = await EmbeddedCluster.StartAsync(options, logs, cancellation).ConfigureAwait(false);
        await using (cluster.ConfigureAwait(false))
        {
            LocalClusterRecord.Keep(options, cluster.MetaAddresses);
            string meta = string.Join(',', cluster.MetaAddresses);
            string how = meta == "127.0.0.1:7700" ? "" : $"\n  export DFS_META={meta}";
            string metas = options.MetaServers == 1 ? "" : $"{options.MetaServers} metadata servers, ";
            string size = $"{metas}{options.ChunkServers} chunk servers and {options.Replication} replicas";
            await surroundings.Out.WriteLineAsync(
                $"""
                dfs up: serving on {meta} with {size}, data in {options.Data}
                In another terminal:{how}
                  dfs put FILE /name      dfs ls -l /      dfs get /name COPY      dfs admin status
                Ctrl-C stops it; the data stays.
                """).ConfigureAwait(false);
            await surroundings.Out.FlushAsync(cancellation).ConfigureAwait(false);
            var watch = cluster.WatchAsync(cancellation);
            await Task.WhenAny(watch, ServerRun.Asked(cancellation)).ConfigureAwait(false);
            if (!cancellation.IsCancellationRequested)
            {
                await watch.ConfigureAwait(false);
            }

            await surroundings.Out.WriteLineAsync("dfs up: stopping").ConfigureAwait(false);
        }

        return ExitCode.Done;
    }
}
