namespace DfsNet.Cli;

/// <summary>A command cannot go on: one line that says what, which path, and what to do.</summary>
internal sealed class CommandFailure(string message, int exitCode = ExitCode.Failed) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>The command line itself makes no sense.</summary>
    public static CommandFailure Usage(string message) => new(message, Cli.ExitCode.Usage);
}
