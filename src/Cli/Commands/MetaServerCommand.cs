using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Servers;
using DfsNet.Hosting.Drills;
using DfsNet.Hosting.Monitoring;
using DfsNet.Hosting.Nodes;
using DfsNet.MetaServer;
using Microsoft.Extensions.Logging;

namespace DfsNet.Cli.Commands;

/// <summary>dfs meta-server: runs a metadata server.</summary>
internal static class MetaServerCommand
{
    public static Command Create(LogLevelOption logLevel, Surroundings surroundings)
    {
        var command = new Command("meta-server", "Runs a metadata server in the foreground; Ctrl-C or SIGTERM stops it");
        var options = new RecordOptions<MetaServerOptions>(command);
        var monitor = new RecordOptions<MonitorOptions>(command);
        var drills = new RecordOptions<DrillOptions>(command);
        var stopWithInput = ChildOption.Create();
        command.Add(ConfigFile.Create());
        command.Add(stopWithInput);
        command.SetAction(async (parsed, cancellation) =>
        {
            var server = options.Read(parsed);
            var watched = monitor.Read(parsed);
            var struck = drills.Read(parsed);
            using var logs = logLevel.Open(parsed, LogLevel.Information);
            return await ServerRun.UntilStoppedAsync(
                "meta-server",
                server,
                () => MetaServerHost.StartAsync(server, watched, struck, logs, cancellation),
                parsed.GetValue(stopWithInput),
                logs,
                surroundings,
                cancellation).ConfigureAwait(false);
        });
        return command;
    }
}
