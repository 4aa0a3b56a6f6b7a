using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;
using DfsNet.Client;

namespace DfsNet.Cli.Commands;

/// <summary>dfs policy: how many replicas files get.</summary>
internal static class PolicyCommand
{
    private const int FilesPerReport = 500;

    public static Command Create(Clients clients, Surroundings surroundings) => new(
        "policy", "Shows and sets how many replicas files get, by directory")
    {
        Get(clients, surroundings),
        Set(clients, surroundings),
    };

    private static Command Get(Clients clients, Surroundings surroundings)
    {
        var command = new Command("get", "Shows the replicas of files, and what new files below a directory get");
        var paths = PathArguments.OneOrMore("path", "Files or directories in DfsNet");
        var json = PathArguments.Json("one object per line");
        command.Add(paths);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var absolute = Names.AllAbsolute(parsed.GetRequiredValue(paths));
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                return await EachPath.DoAsync("policy get", absolute, surroundings, async path =>
                {
                    var facts = FileFacts.Of(await client.Files.StatAsync(path, cancellation).ConfigureAwait(false));
                    string text = $"{Quantities.Count(facts.Replication, "replica"),-12} {Names.Printable(facts.Path)}";
                    await surroundings.Out.WriteLineAsync(parsed.GetValue(json) ? JsonOutput.Of(facts) : text).ConfigureAwait(false);
                }).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static Command Set(Clients clients, Surroundings surroundings)
    {
        var command = new Command(
            "set", "Sets how many replicas new files below a directory get, or those of a file; they come and go in the background");
        var path = new Argument<string>("path") { Description = "File or directory in DfsNet" };
        var replication = new Option<int>("--replication") { Description = "1 to 10", Required = true };
        var recursive = new Option<bool>("--recursive", "-R") { Description = "Also for everything that is below the directory already" };
        command.Add(path);
        command.Add(replication);
        command.Add(recursive);
        command.SetAction(async (parsed, cancellation) =>
        {
            string target = Names.AllAbsolute([parsed.GetRequiredValue(path)])[0];
            int wanted = parsed.GetValue(replication);
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                await client.Files.SetReplicationAsync(target, wanted, cancellation).ConfigureAwait(false);
                long below = parsed.GetValue(recursive)
                    ? await SetBelowAsync(client.Files, target, wanted, surroundings, cancellation).ConfigureAwait(false)
                    : 0;
                string also = below > 0 ? $", and {Quantities.Count(below, "entry")} below it" : "";
                await surroundings.Out.WriteLineAsync(
                    $"{Names.Printable(target)}: {Quantities.Count(wanted, "replica")}{also}; 'dfs admin status' shows how it gets there")
                    .ConfigureAwait(false);
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static async Task<long> SetBelowAsync(
        DfsClient client, string directory, int replication, Surroundings surroundings, CancellationToken cancellation)
    {
        long done = 0;
        var all = new DfsListOptions { Recursive = true };
        await foreach (var entry in client.ListAsync(directory, all, cancellation).ConfigureAwait(false))
        {
            try
            {
                await client.SetReplicationAsync(entry.Path, replication, cancellation).ConfigureAwait(false);
            }
            catch (DfsException error) when (error.Code == Protocol.Wire.ErrorCode.NotFound)
            {
                // Removed meanwhile.
                continue;
            }

            if (++done % FilesPerReport == 0)
            {
                await surroundings.Error.WriteLineAsync($"policy: {Quantities.Count(done, "entry")} done").ConfigureAwait(false);
            }
        }

        return done;
    }
}
