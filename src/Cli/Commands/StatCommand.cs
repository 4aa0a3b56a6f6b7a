using System.CommandLine;
using System.Globalization;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;

namespace DfsNet.Cli.Commands;

/// <summary>dfs stat: everything about files and directories.</summary>
internal static class StatCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("stat", "Shows what is known about files and directories");
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
                return await EachPath.DoAsync("stat", absolute, surroundings, async path =>
                {
                    var facts = FileFacts.Of(await client.Files.StatAsync(path, cancellation).ConfigureAwait(false));
                    await surroundings.Out.WriteLineAsync(parsed.GetValue(json) ? JsonOutput.Of(facts) : Text(facts)).ConfigureAwait(false);
                }).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static string Text(FileFacts facts) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        path:        {Names.Printable(facts.Path)}
        type:        {facts.Type}
        length:      {(facts.Type == "directory" ? Quantities.Count(facts.Length, "entry") : $"{facts.Length} "
            + $"({Quantities.Bytes(facts.Length)})")}
        replicas:    {facts.Replication}
        mode:        {facts.Mode}
        modified:    {facts.Modified:O}
        changed:     {facts.Changed:O}
        links:       {facts.Links}
        inode:       {facts.Inode}
        version:     {facts.Version}
        slices:      {facts.Slices}
        """);
}
