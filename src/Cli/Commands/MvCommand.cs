using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Client;
using ErrorCode = DfsNet.Protocol.Wire.ErrorCode;

namespace DfsNet.Cli.Commands;

/// <summary>dfs mv: renames and moves.</summary>
internal static class MvCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("mv", "Renames, or moves into a directory, each source in one step");
        var paths = PathArguments.SourcesAndTarget(
            "Paths in DfsNet; then the new name, or the directory in which the sources keep their names");
        var force = new Option<bool>("--force", "-f") { Description = "Replace an existing file or empty directory" };
        command.Add(paths);
        command.Add(force);
        command.SetAction(async (parsed, cancellation) =>
        {
            string[] all = parsed.GetRequiredValue(paths);
            var sources = Names.AllAbsolute(all[..^1]);
            string target = Names.Absolute(all[^1]);
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                bool into = await IsDirectoryAsync(client.Files, target, cancellation).ConfigureAwait(false);
                if (!into && (all.Length > 2 || all[^1].EndsWith('/')))
                {
                    throw new CommandFailure($"{Names.Printable(target)}: no such directory; create it with 'dfs mkdir -p'");
                }

                return await EachPath.DoAsync("mv", sources, surroundings, path => MoveAsync(
                    client.Files,
                    path,
                    into ? Names.Combine(target, Names.Last(path)) : target,
                    parsed.GetValue(force),
                    cancellation)).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static async Task MoveAsync(DfsClient client, string source, string target, bool replace, CancellationToken cancellation)
    {
        try
        {
            await client.MoveAsync(source, target, replace, cancellation).ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code == ErrorCode.AlreadyExists)
        {
            throw new CommandFailure($"{Names.Printable(target)}: already exists; use -f to replace it");
        }
        catch (DfsException error) when (error.Code == ErrorCode.NotFound && target.LastIndexOf('/') is > 0 and var end)
        {
            // Which of the two paths was meant: the source itself, or the directory that it is to come into.
            string parent = target[..end];
            if (await IsDirectoryAsync(client, parent, cancellation).ConfigureAwait(false))
            {
                throw;
            }

            throw new CommandFailure($"{Names.Printable(parent)}: no such directory; create it with 'dfs mkdir -p'");
        }
        catch (DfsException error) when (error.Code is ErrorCode.DirectoryNotEmpty or ErrorCode.NotADirectory or ErrorCode.IsADirectory)
        {
            bool throughFile = error.Code == ErrorCode.NotADirectory
                && await LeadsThroughFileAsync(client, source, cancellation).ConfigureAwait(false);
            throw new CommandFailure(ErrorLines.At(throughFile ? source : target, error));
        }
    }

    private static async Task<bool> IsDirectoryAsync(DfsClient client, string path, CancellationToken cancellation)
    {
        try
        {
            return (await client.StatAsync(path, cancellation).ConfigureAwait(false)).IsDirectory;
        }
        catch (DfsException error) when (error.Code is ErrorCode.NotFound or ErrorCode.NotADirectory)
        {
            // The move itself says what is wrong, and at which path.
            return false;
        }
    }

    private static async Task<bool> LeadsThroughFileAsync(DfsClient client, string path, CancellationToken cancellation)
    {
        try
        {
            await client.StatAsync(path, cancellation).ConfigureAwait(false);
            return false;
        }
        catch (DfsException error) when (error.Code is ErrorCode.NotFound or ErrorCode.NotADirectory)
        {
            return error.Code == ErrorCode.NotADirectory;
        }
    }
}
