using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;

namespace DfsNet.Cli.Commands;

/// <summary>dfs df: size and use of the file system.</summary>
internal static class DfCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("df", "Shows size and use of the file system");
        var json = PathArguments.Json("one object");
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                var facts = FileSystemFacts.Of(await client.Files.GetFileSystemAsync(cancellation).ConfigureAwait(false));
                await surroundings.Out.WriteLineAsync(parsed.GetValue(json) ? JsonOutput.Of(facts) : Text(facts)).ConfigureAwait(false);
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static string Text(FileSystemFacts facts)
    {
        string replicas = Quantities.Count(facts.Replication, "replica");
        string usable = Quantities.Bytes(facts.AvailableBytes / Math.Max(facts.Replication, 1));
        return
            $"""
            capacity:    {Quantities.Bytes(facts.CapacityBytes)} on all volumes
            used:        {Quantities.Bytes(facts.UsedBytes)}
            available:   {Quantities.Bytes(facts.AvailableBytes)} raw, {usable} for files of {replicas}
            stored:      {Quantities.Bytes(facts.LogicalBytes)} in {Quantities.Count(facts.Files, "file")}
            directories: {facts.Directories}
            chunks:      {facts.Chunks}
            """;
    }
}
