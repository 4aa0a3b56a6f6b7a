using System.CommandLine;
using System.CommandLine.Help;
using DfsNet.Cli.Commands;
using DfsNet.Cli.Options;

namespace DfsNet.Cli;

/// <summary>The whole command line: parses, runs one command, and turns whatever went wrong into one line and an exit code.</summary>
internal static class CommandLine
{
    // A name may begin with '@': no argument is a file of further arguments.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null };

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Surroundings surroundings, CancellationToken cancellation)
    {
        var root = Build(surroundings);
        try
        {
            arguments = ConfigFile.Expand(arguments, root);
        }
        catch (CommandFailure failure)
        {
            await surroundings.Error.WriteLineAsync($"dfs {arguments[0]}: {failure.Message}").ConfigureAwait(false);
            return failure.ExitCode;
        }

        var parsed = root.Parse(arguments, Parser);
        string command = CommandName(parsed);
        if (parsed.Action is not HelpAction && UsageProblem.Of(parsed) is { } problem)
        {
            await surroundings.Error.WriteLineAsync($"{command}: {problem} (see '{command} --help')").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        var run = parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = surroundings.Out,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                // Signals are handled by Program, in one way for all commands.
                ProcessTerminationTimeout = null,
            },
            cancellation);
        // The edge of the process: every failure ends here, and becomes one line.
        await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        int exitCode;
        if (run.IsCompletedSuccessfully)
        {
            exitCode = await run.ConfigureAwait(false);
        }
        else
        {
            var (line, code) = ErrorLines.Describe(run.Exception?.GetBaseException(), cancellation);
            exitCode = code;
            if (line.Length != 0)
            {
                await surroundings.Error.WriteLineAsync($"{command}: {line}").ConfigureAwait(false);
            }
        }

        return await FlushAsync(surroundings.Out).ConfigureAwait(false) ? exitCode : ExitCode.Failed;
    }

    internal static RootCommand Build(Surroundings surroundings)
    {
        var meta = new MetaAddressOption(surroundings);
        var logLevel = new LogLevelOption();
        var clients = new Clients(meta, logLevel, surroundings);
        var root = new RootCommand("DfsNet, a distributed file system: one program for files, servers and operators.")
        {
            PutCommand.Create(clients, surroundings),
            GetCommand.Create(clients, surroundings),
            CatCommand.Create(clients, surroundings),
            LsCommand.Create(clients, surroundings),
            MkdirCommand.Create(clients, surroundings),
            RmCommand.Create(clients, surroundings),
            MvCommand.Create(clients, surroundings),
            StatCommand.Create(clients, surroundings),
            DfCommand.Create(clients, surroundings),
            LocateCommand.Create(clients, surroundings),
            PolicyCommand.Create(clients, surroundings),
            AdminCommand.Create(clients, meta, surroundings),
            UpCommand.Create(logLevel, surroundings),
            DemoCommand.Create(surroundings),
            DrillCommand.Create(meta, surroundings),
            BenchCommand.Create(clients, surroundings),
            MetaServerCommand.Create(logLevel, surroundings),
            ChunkServerCommand.Create(meta, logLevel, surroundings),
        };
        root.Options.Add(meta.Option);
        root.Options.Add(logLevel.Option);
        root.Directives.Clear();
        var version = root.Options.OfType<VersionOption>().Single();
        version.Description = "Shows the version";
        version.Action = new ShowVersion(surroundings.Out);
        return root;
    }

    private static string CommandName(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result.Parent is System.CommandLine.Parsing.CommandResult parent; result = parent)
        {
            names.Insert(0, result.Command.Name);
        }

        return string.Join(' ', names.Prepend("dfs"));
    }

    /// <summary>False when the reader of our output has gone (as in "dfs ls | head").</summary>
    private static async Task<bool> FlushAsync(TextWriter output)
    {
        try
        {
            await output.FlushAsync().ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>"dfs 0.1.0", without the commit that the tools append.</summary>
    private sealed class ShowVersion(TextWriter output) : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            output.WriteLine($"dfs {ProductVersion.Text}");
            return ExitCode.Done;
        }
    }
}
