using System.CommandLine;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Local;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;
using DfsNet.MetaServer.Backups;
using DfsNet.Storage.Disk;

namespace DfsNet.Cli.Commands;

/// <summary>dfs admin meta backup, and dfs admin protect.</summary>
internal static class AdminBackupCommand
{
    public static Command BackUp(MetaAddressOption meta, Surroundings surroundings)
    {
        var command = new Command(
            "backup", "Writes all metadata as of this moment into a local file, beside the cluster's work; the files' bytes are not in it");
        var file = new Argument<string>("file") { Description = "Local file; one that is there is replaced when the new one is whole" };
        var json = PathArguments.Json("one object");
        command.Add(file);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var nodes = new MetaNodes(meta.Of(parsed), surroundings.Time);
            var facts = await TryBackUpAsync(nodes, parsed.GetRequiredValue(file), cancellation).ConfigureAwait(false);
            string text = parsed.GetValue(json)
                ? JsonOutput.Of(facts)
                : $"{facts.File}: {Quantities.Count((long)facts.Files, "file")} in "
                    + $"{Quantities.Count((long)facts.Directories, "directory")} as of log index {facts.Index}, "
                    + Quantities.Bytes(facts.Bytes);
            await surroundings.Out.WriteLineAsync(text).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command Protect(MetaAddressOption meta, Surroundings surroundings)
    {
        var command = new Command(
            "protect", "Says whether anything may be deleted or cut on chunk servers ('off'), or nothing ('on'); after a restore it is on");
        var state = new Argument<string>("state") { Description = "on or off" };
        state.AcceptOnlyFromAmong("on", "off");
        command.Add(state);
        command.SetAction(async (parsed, cancellation) =>
        {
            bool isProtected = parsed.GetRequiredValue(state) == "on";
            using var nodes = new MetaNodes(meta.Of(parsed), surroundings.Time);
            await new MetaChanges(nodes).ProtectAsync(isProtected, cancellation).ConfigureAwait(false);
            await surroundings.Out.WriteLineAsync(isProtected ? "nothing is deleted any more" : "deletions go on").ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<BackupFacts> TryBackUpAsync(MetaNodes nodes, string path, CancellationToken cancellation)
    {
        try
        {
            return await BackUpAsync(nodes, path, cancellation).ConfigureAwait(false);
        }
        catch (DiskException error)
        {
            throw new CommandFailure($"{Names.Printable(path)} cannot be written: {error.Message}");
        }
    }

    private static async Task<BackupFacts> BackUpAsync(MetaNodes nodes, string path, CancellationToken cancellation)
    {
        string full = Path.GetFullPath(path);
        var disk = new LocalDisk(Path.GetDirectoryName(full)!);
        string name = Path.GetFileName(full);
        string part = name + ".part";
        BackupFacts? facts = null;
        long length = 0;
        var file = await disk.OpenAsync(part, FileOpening.CreateOrOpen).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            await file.SetLengthAsync(0).ConfigureAwait(false);
            await WriteAsync(BackupFile.Begin()).ConfigureAwait(false);
            await nodes.BackUpAsync(
                async piece =>
                {
                    facts = piece.Header is { } header
                        ? new BackupFacts(path, header.Point.Index, header.Incarnation, header.Files, header.Directories, 0)
                        : facts;
                    await WriteAsync(BackupFile.Encode(piece)).ConfigureAwait(false);
                },
                cancellation).ConfigureAwait(false);
            await file.FlushAsync().ConfigureAwait(false);
        }

        // A backup that cannot be read is none: it is read before it takes the place of an older one.
        var written = LocalFiles.OpenRead(full + ".part");
        await using (written.ConfigureAwait(false))
        {
            await BackupFile.ReadAsync(written, _ => { }, cancellation).ConfigureAwait(false);
        }

        await disk.RenameAsync(part, name).ConfigureAwait(false);
        await disk.FlushDirectoryAsync("").ConfigureAwait(false);
        return facts! with { Bytes = length };

        async Task WriteAsync(byte[] bytes)
        {
            await file.WriteAsync(length, bytes).ConfigureAwait(false);
            length += bytes.Length;
        }
    }
}
