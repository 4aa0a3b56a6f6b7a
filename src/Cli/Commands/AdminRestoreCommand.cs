using System.CommandLine;
using System.Globalization;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Local;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;
using DfsNet.Hosting.Listening;
using DfsNet.Hosting.Nodes;

namespace DfsNet.Cli.Commands;

/// <summary>dfs admin meta restore: a metadata server out of a backup, when all metadata is lost.</summary>
internal static class AdminRestoreCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(
            "restore",
            "Makes the data directory of a new metadata server from a backup, when all metadata is lost; the old servers must never run "
                + "again");
        var file = new Argument<string?>("file")
        {
            Description = "The backup; without it, --chunk-servers says where to look for one",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var servers = AdminBackupsCommand.ChunkServers(
            "Restore from the scheduled backups that these chunk servers hold: name all of them");
        var backup = new Option<string?>("--backup")
        {
            Description = "Which of them ('dfs admin meta backups --chunk-servers' lists them) [default: the newest that is whole]",
            HelpName = "name",
        };
        var data = new Option<string>("--data")
        {
            Description = "Directory that is empty or not there",
            HelpName = "directory",
            Required = true,
        };
        var advertise = new Option<string>("--advertise")
        {
            Description = "host:port at which the new server will be reached",
            HelpName = "host:port",
            DefaultValueFactory = _ => "127.0.0.1:7700",
        };
        command.Add(file);
        command.Add(servers);
        command.Add(backup);
        command.Add(data);
        command.Add(advertise);
        command.SetAction(async (parsed, cancellation) =>
        {
            var target = TargetOf(parsed.GetRequiredValue(data), parsed.GetRequiredValue(advertise), surroundings);
            if (parsed.GetValue(file) is { } path && parsed.GetValue(servers) is null && parsed.GetValue(backup) is null)
            {
                await FromFileAsync(path, target, cancellation).ConfigureAwait(false);
            }
            else if (parsed.GetValue(file) is null && parsed.GetValue(servers) is { } asked)
            {
                await FromServersAsync(
                    AddressList.Parse(asked, servers.Name), parsed.GetValue(backup), target, cancellation).ConfigureAwait(false);
            }
            else
            {
                throw CommandFailure.Usage("give either the file of a backup, or --chunk-servers");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Target TargetOf(string directory, string address, Surroundings surroundings) =>
        ListenAddress.TryParse(address, out var parts) && parts.Port != 0
            ? new Target(directory, address, surroundings)
            : throw CommandFailure.Usage($"--advertise: \"{address}\" is not host:port");

    private static async Task FromFileAsync(string path, Target target, CancellationToken cancellation)
    {
        var source = LocalFiles.OpenRead(path);
        await using (source.ConfigureAwait(false))
        {
            await target.RestoreAsync(source, seen: 0, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task FromServersAsync(
        IReadOnlyList<string> addresses, string? name, Target target, CancellationToken cancellation)
    {
        using var found = await ChunkServerBackups.FindAsync(addresses, target.Surroundings, cancellation).ConfigureAwait(false);
        var chosen = found.Choose(name);
        await target.Surroundings.Out.WriteLineAsync(
            $"backup {chosen.Name}, {Quantities.Bytes(chosen.Length)} on chunk servers").ConfigureAwait(false);
        var source = chosen.OpenRead();
        await using (source.ConfigureAwait(false))
        {
            await target.RestoreAsync(source, found.Findings.Incarnation, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The directory that is made.</summary>
    private sealed record Target(string Directory, string Address, Surroundings Surroundings)
    {
        public async Task RestoreAsync(Stream source, ulong seen, CancellationToken cancellation)
        {
            var (header, incarnation) = await MetaRestoration.RunAsync(
                source, Directory, Address, seen, cancellation).ConfigureAwait(false);
            string taken = DateTimeOffset.FromUnixTimeMilliseconds(header.TakenUnixMs).ToString("u", CultureInfo.InvariantCulture);
            string files = Quantities.Count((long)header.Files, "file");
            await Surroundings.Out.WriteLineAsync(
                $"""
                restored {files} as of {taken} into {Directory}, as incarnation {incarnation}
                Start it with 'dfs meta-server --data {Directory} --listen {Address}', and chunk servers with '--meta {Address}'.
                Nothing is deleted on chunk servers before 'dfs admin protect off'.
                """).ConfigureAwait(false);
        }
    }
}
