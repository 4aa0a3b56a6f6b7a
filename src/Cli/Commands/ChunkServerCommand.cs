using System.CommandLine;
using DfsNet.ChunkServer;
using DfsNet.Cli.Options;
using DfsNet.Cli.Servers;
using DfsNet.Hosting.Drills;
using DfsNet.Hosting.Monitoring;
using DfsNet.Hosting.Nodes;
using Microsoft.Extensions.Logging;

namespace DfsNet.Cli.Commands;

/// <summary>dfs chunk-server: runs a chunk server.</summary>
internal static class ChunkServerCommand
{
    public static Command Create(MetaAddressOption meta, LogLevelOption logLevel, Surroundings surroundings)
    {
        var command = new Command(
            "chunk-server",
            "Runs a chunk server in the foreground; Ctrl-C or SIGTERM stops it. It finds a metadata server that starts later");
        var place = new RecordOptions<ChunkServerPlace>(command);
        var options = new RecordOptions<ChunkServerOptions>(command, nameof(ChunkServerOptions.MetaServers));
        var monitor = new RecordOptions<MonitorOptions>(command);
        var drills = new RecordOptions<DrillOptions>(command);
        var stopWithInput = ChildOption.Create();
        command.Add(ConfigFile.Create());
        command.Add(stopWithInput);
        command.SetAction(async (parsed, cancellation) =>
        {
            var where = place.Read(parsed);
            var server = options.Read(parsed) with { MetaServers = meta.Of(parsed) };
            var watched = monitor.Read(parsed);
            var struck = drills.Read(parsed);
            using var logs = logLevel.Open(parsed, LogLevel.Information);
            return await ServerRun.UntilStoppedAsync(
                "chunk-server",
                new { Place = where, Options = server },
                () => ChunkServerHost.StartAsync(where, server, watched, struck, logs, cancellation),
                parsed.GetValue(stopWithInput),
                logs,
                surroundings,
                cancellation).ConfigureAwait(false);
        });
        return command;
    }
}
