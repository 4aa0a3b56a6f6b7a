using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Transfers;

namespace DfsNet.Cli.Commands;

/// <summary>dfs cat: writes files to standard output.</summary>
internal static class CatCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("cat", "Writes files to standard output, one after the other");
        var paths = PathArguments.OneOrMore("path", "Files in DfsNet");
        command.Add(paths);
        command.SetAction(async (parsed, cancellation) =>
        {
            var sources = parsed.GetRequiredValue(paths);
            var report = new TransferReport("dfs cat", surroundings);
            var counters = new TransferCounters();
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                using var transfer = new GetTransfer(
                    client.Files, surroundings, new TransferSettings(false, false, false, 1), report, counters);
                await transfer.CopyToOutputAsync(sources, cancellation).ConfigureAwait(false);
            }

            return await report.CloseAsync("cat", counters, quiet: true, json: false).ConfigureAwait(false);
        });
        return command;
    }
}
