using System.CommandLine;
using System.Globalization;
using DfsNet.Backups;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;
using DfsNet.Protocol;
using ErrorCode = DfsNet.Protocol.Wire.ErrorCode;

namespace DfsNet.Cli.Commands;

/// <summary>dfs admin meta backups: the scheduled ones, as the file system has them or, without metadata, as chunk servers do.</summary>
internal static class AdminBackupsCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command(
            "backups", "Lists the scheduled backups of the metadata: those in the file system, or those that chunk servers hold");
        var servers = ChunkServers("Ask these instead, when no metadata server is left");
        var json = PathArguments.Json("one object per backup");
        command.Add(servers);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var facts = parsed.GetValue(servers) is { } asked
                ? await OnServersAsync(AddressList.Parse(asked, servers.Name), surroundings, cancellation).ConfigureAwait(false)
                : await InFileSystemAsync(clients, parsed, cancellation).ConfigureAwait(false);
            if (facts.Count == 0 && !parsed.GetValue(json))
            {
                await surroundings.Out.WriteLineAsync("no backups").ConfigureAwait(false);
            }

            foreach (var backup in facts)
            {
                await surroundings.Out.WriteLineAsync(parsed.GetValue(json) ? JsonOutput.Of(backup) : Text(backup)).ConfigureAwait(false);
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The option that names the chunk servers to ask.</summary>
    public static Option<string?> ChunkServers(string description) => new("--chunk-servers")
    {
        Description = description,
        HelpName = "host:port[,host:port]",
    };

    private static async Task<IReadOnlyList<KeptBackupFacts>> OnServersAsync(
        IReadOnlyList<string> addresses, Surroundings surroundings, CancellationToken cancellation)
    {
        using var found = await ChunkServerBackups.FindAsync(addresses, surroundings, cancellation).ConfigureAwait(false);
        foreach (var mark in found.Findings.WithoutMap)
        {
            await surroundings.Error.WriteLineAsync(
                $"dfs: there are chunks of a backup as of log index {mark.Index}, and no map of them").ConfigureAwait(false);
        }

        return [.. found.Findings.Backups.Select(backup => FactsOf(backup.Name, backup.Length, backup.Missing.Count)).Reverse()];
    }

    private static async Task<IReadOnlyList<KeptBackupFacts>> InFileSystemAsync(
        Clients clients, ParseResult parsed, CancellationToken cancellation)
    {
        var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            var facts = new List<KeptBackupFacts>();
            foreach (var name in await BackupShelf.ListAsync(client.Files, cancellation).ConfigureAwait(false))
            {
                try
                {
                    var file = await client.Files.StatAsync(BackupShelf.PathOf(name), cancellation).ConfigureAwait(false);
                    facts.Add(FactsOf(name, file.Length, 0));
                }
                catch (DfsException error) when (error.Code == ErrorCode.NotFound)
                {
                    // A newer one took its place meanwhile.
                }
            }

            return facts;
        }
    }

    private static string Text(KeptBackupFacts backup)
    {
        string missing = backup.MissingChunks > 0 ? $", {Quantities.Count(backup.MissingChunks, "chunk")} missing" : "";
        return $"{backup.Name}  {Quantities.Bytes(backup.Bytes),10}{missing}";
    }

    private static KeptBackupFacts FactsOf(MetaServer.Backups.BackupName name, long bytes, int missing) => new(
        name.ToString(),
        name.Taken.UtcDateTime.ToString("u", CultureInfo.InvariantCulture),
        name.Mark.Incarnation,
        name.Mark.Index,
        bytes,
        missing);
}
