using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Transfers;

namespace DfsNet.Cli.Commands;

/// <summary>dfs put: stores local files.</summary>
internal static class PutCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("put", "Stores files and directories");
        var paths = PathArguments.SourcesAndTarget(
            "Local files, directories (-r) or - for standard input; then a path in DfsNet. As with cp: when the target is a directory, "
                + "sources are "
            + "stored in it under their own names; else the one source gets the target's name. 'put -r DIR /x' makes /x a copy of DIR, "
            + "or /x/DIR "
            + "when /x exists; 'put -r DIR/. /x' stores what is in DIR. Each file appears whole or not at all. Pipes, sockets, devices and "
            + "symbolic links below a directory are skipped and told");
        command.Add(paths);
        var options = new TransferOptions(command, canFollowLinks: true);
        command.SetAction(async (parsed, cancellation) =>
        {
            string[] all = parsed.GetRequiredValue(paths);
            var settings = options.Settings(parsed);
            bool quiet = options.Quiet(parsed), json = options.Json(parsed);
            string target = all[^1];
            _ = Names.Absolute(target);
            var report = new TransferReport("dfs put", surroundings);
            var counters = new TransferCounters();
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                using var transfer = new PutTransfer(client.Files, surroundings, settings, report, counters);
                var work = transfer.RunAsync(all[..^1], target, cancellation);
                await new TransferDisplay(surroundings, quiet).ShowAsync("put", counters, work, report).ConfigureAwait(false);
            }

            return await report.CloseAsync("put", counters, quiet, json).ConfigureAwait(false);
        });
        return command;
    }
}
