using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Transfers;

namespace DfsNet.Cli.Commands;

/// <summary>dfs get: fetches files.</summary>
internal static class GetCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("get", "Fetches files and directories");
        var paths = PathArguments.SourcesAndTarget(
            "Paths in DfsNet; then a local file or directory, or - for standard output. As with cp: when the target is a directory, "
                + "sources are "
            + "put into it under their own names; else the one source gets the target's name. 'get -r /x DIR' makes DIR a copy of /x, or "
            + "DIR/x "
            + "when DIR exists. Each file appears whole or not at all");
        command.Add(paths);
        var options = new TransferOptions(command, canFollowLinks: false);
        command.SetAction(async (parsed, cancellation) =>
        {
            string[] all = parsed.GetRequiredValue(paths);
            var settings = options.Settings(parsed);
            bool quiet = options.Quiet(parsed), json = options.Json(parsed), toOutput = all[^1] == "-";
            if (toOutput && (settings.Recursive || json))
            {
                throw CommandFailure.Usage("standard output takes files only: neither -r nor --json goes with -");
            }

            var sources = all[..^1];
            foreach (string source in sources)
            {
                _ = Names.Absolute(source);
            }

            var report = new TransferReport("dfs get", surroundings);
            var counters = new TransferCounters();
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                using var transfer = new GetTransfer(client.Files, surroundings, settings, report, counters);
                var work = toOutput ? transfer.CopyToOutputAsync(sources, cancellation) : transfer.RunAsync(sources, all[^1], cancellation);
                await new TransferDisplay(surroundings, quiet || toOutput).ShowAsync("get", counters, work, report).ConfigureAwait(false);
            }

            return await report.CloseAsync("got", counters, quiet || toOutput, json).ConfigureAwait(false);
        });
        return command;
    }
}
