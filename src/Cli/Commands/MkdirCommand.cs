using System.CommandLine;
using DfsNet.Cli.Options;
using ErrorCode = DfsNet.Protocol.Wire.ErrorCode;

namespace DfsNet.Cli.Commands;

/// <summary>dfs mkdir: creates directories.</summary>
internal static class MkdirCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("mkdir", "Creates directories");
        var paths = PathArguments.OneOrMore("path", "Directories in DfsNet");
        var parents = new Option<bool>(
            "--parents", "-p")
        { Description = "Also create missing parents; existing directories are no error" };
        command.Add(paths);
        command.Add(parents);
        command.SetAction(async (parsed, cancellation) =>
        {
            var absolute = Names.AllAbsolute(parsed.GetRequiredValue(paths));
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                return await EachPath.DoAsync("mkdir", absolute, surroundings, async path =>
                {
                    try
                    {
                        await client.Files.CreateDirectoryAsync(path, parsed.GetValue(parents), cancellation).ConfigureAwait(false);
                    }
                    catch (DfsException error) when (error.Code == ErrorCode.NotFound)
                    {
                        throw new CommandFailure($"{Names.Printable(path)}: its parent does not exist; use -p");
                    }
                }).ConfigureAwait(false);
            }
        });
        return command;
    }
}
