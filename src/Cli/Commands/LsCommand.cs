using System.CommandLine;
using System.Globalization;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;
using DfsNet.Client;

namespace DfsNet.Cli.Commands;

/// <summary>dfs ls: lists directories.</summary>
internal static class LsCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("ls", "Lists directories, in byte order of names");
        var paths = PathArguments.AnyNumber(
            "path", "Directories or files in DfsNet; else /. With -R or several paths, whole paths are printed");
        var details = new Option<bool>("--long", "-l") { Description = "Type and permissions, replicas, length in bytes, time of change" };
        var recursive = new Option<bool>("--recursive", "-R") { Description = "Also list what is in subdirectories" };
        var json = PathArguments.Json("one array of all entries");
        command.Add(paths);
        command.Add(details);
        command.Add(recursive);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var given = parsed.GetRequiredValue(paths);
            var listed = Names.AllAbsolute(given.Length == 0 ? ["/"] : given);
            bool all = parsed.GetValue(recursive), whole = all || listed.Count > 1;
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                var lines = parsed.GetValue(json)
                    ? (ILines)new JsonLines(surroundings.Out)
                    : new TextLines(surroundings, parsed.GetValue(details), whole);
                int exitCode = await EachPath.DoAsync("ls", listed, surroundings, async path =>
                {
                    var entries = client.Files.ListAsync(path, new DfsListOptions { Recursive = all }, cancellation);
                    await foreach (var entry in entries.ConfigureAwait(false))
                    {
                        await lines.WriteAsync(entry).ConfigureAwait(false);
                    }
                }).ConfigureAwait(false);
                await lines.EndAsync().ConfigureAwait(false);
                return exitCode;
            }
        });
        return command;
    }

    /// <summary>Two forms of a listing, both written as entries arrive.</summary>
    private interface ILines
    {
        Task WriteAsync(DfsFileInfo entry);

        Task EndAsync();
    }

    /// <summary>One JSON object per entry.</summary>
    private sealed class JsonLines(TextWriter output) : ILines
    {
        private bool _any;

        public async Task WriteAsync(DfsFileInfo entry)
        {
            await output.WriteAsync(_any ? ",\n" : "[\n").ConfigureAwait(false);
            await output.WriteAsync(JsonOutput.Of(FileFacts.Of(entry))).ConfigureAwait(false);
            _any = true;
        }

        public Task EndAsync() => output.WriteLineAsync(_any ? "\n]" : "[]");
    }

    /// <summary>One line per entry, for people.</summary>
    private sealed class TextLines(Surroundings surroundings, bool details, bool whole) : ILines
    {
        public Task WriteAsync(DfsFileInfo entry)
        {
            string name = whole || entry.Name.Length == 0 ? entry.Path : entry.Name;
            name = surroundings.OutIsTerminal ? Names.Printable(name) : name;
            return surroundings.Out.WriteLineAsync(details ? Details(entry) + name : name);
        }

        public Task EndAsync() => Task.CompletedTask;

        // Widths are fixed, because a listing of millions is not read twice to measure it.
        private static string Details(DfsFileInfo entry) => string.Create(
            CultureInfo.InvariantCulture,
            $"{Permissions(entry)} {entry.Replication,2} {entry.Length,14} {entry.Modified.ToLocalTime():yyyy-MM-dd HH:mm:ss} ");

        private static string Permissions(DfsFileInfo entry) => string.Create(10, entry, static (text, from) =>
        {
            text[0] = from.IsDirectory ? 'd' : '-';
            for (int bit = 0; bit < 9; bit++)
            {
                text[bit + 1] = (from.Mode >> (8 - bit) & 1) == 0 ? '-' : "rwx"[bit % 3];
            }
        });
    }
}
