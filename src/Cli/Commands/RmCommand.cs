using System.CommandLine;
using DfsNet.Cli.Options;
using ErrorCode = DfsNet.Protocol.Wire.ErrorCode;

namespace DfsNet.Cli.Commands;

/// <summary>dfs rm: removes files and directories.</summary>
internal static class RmCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("rm", "Removes files, and with -r directories with all that is in them");
        var paths = PathArguments.OneOrMore("path", "Files or directories in DfsNet");
        var recursive = new Option<bool>("--recursive", "-r") { Description = "Remove directories with all that is in them" };
        var force = new Option<bool>("--force", "-f") { Description = "A missing path is no error" };
        command.Add(paths);
        command.Add(recursive);
        command.Add(force);
        command.SetAction(async (parsed, cancellation) =>
        {
            bool all = parsed.GetValue(recursive), missingIsFine = parsed.GetValue(force);
            var absolute = Names.AllAbsolute(parsed.GetRequiredValue(paths));
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                return await EachPath.DoAsync("rm", absolute, surroundings, async path =>
                {
                    if (path == "/")
                    {
                        throw new CommandFailure("/: the root cannot be removed; name what is in it");
                    }

                    try
                    {
                        if (!(await client.Files.StatAsync(path, cancellation).ConfigureAwait(false)).IsDirectory)
                        {
                            await client.Files.DeleteFileAsync(path, cancellation).ConfigureAwait(false);
                        }
                        else if (all)
                        {
                            await client.Files.DeleteDirectoryAsync(path, recursive: true, cancellation).ConfigureAwait(false);
                        }
                        else
                        {
                            throw new CommandFailure($"{Names.Printable(path)}: is a directory; use -r");
                        }
                    }
                    catch (DfsException error) when (error.Code == ErrorCode.NotFound && missingIsFine)
                    {
                        return;
                    }
                }).ConfigureAwait(false);
            }
        });
        return command;
    }
}
