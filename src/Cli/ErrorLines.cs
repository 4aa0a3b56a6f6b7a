using DfsNet.Integrity;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.Cli;

/// <summary>Failures in one line for people: what, which path, and what to do.</summary>
internal static class ErrorLines
{
    /// <summary>The line (empty: say nothing) and the exit code for a failure that ended a command; null is a cancellation.</summary>
    public static (string Line, int ExitCode) Describe(Exception? error, CancellationToken cancellation) => error switch
    {
        CommandFailure failure => (OneLine(failure.Message), failure.ExitCode),
        DfsException { Step: "listen" or "chunk server: options" or "meta-server: options", Code: ErrorCode.InvalidArgument } wrong =>
            (OneLine(wrong.Message), ExitCode.Usage),
        null or OperationCanceledException when cancellation.IsCancellationRequested => ("interrupted", ExitCode.Failed),
        // Nobody reads our output any more (as in "dfs ls | head"): there is nobody to tell either.
        IOException broken when IsBrokenPipe(broken) => ("", ExitCode.Failed),
        null => ("cancelled", ExitCode.Failed),
        _ => (Of(error), ExitCode.Failed),
    };

    /// <summary>A failure without its path.</summary>
    public static string Of(Exception error) => OneLine(error switch
    {
        DfsException failure => WithAdvice(What(failure), Advice(failure.Code)),
        DiskException { Failure: DiskFailure.Locked } locked =>
            $"another process uses the data directory: {locked.Message}; stop it or choose another --data",
        CommandFailure or DiskException or IOException or UnauthorizedAccessException => error.Message,
        InvariantException => $"internal error, please report it: {error.Message}",
        // Typed failures of the servers' stored formats; their messages name the file and what to do.
        _ when error.GetType().Namespace?.StartsWith("DfsNet", StringComparison.Ordinal) == true => error.Message,
        _ => $"internal error, please report it: {error.GetType().Name}: {error.Message}",
    });

    /// <summary>A failure at a path.</summary>
    public static string At(string path, Exception error)
    {
        string what = Of(error);
        return path.Length != 0 && what.Contains(path, StringComparison.Ordinal) ? what : $"{Names.Printable(path)}: {what}";
    }

    public static string OneLine(string text) =>
        text.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal).Trim().TrimEnd('.');

    private static string What(DfsException error) => error.Code switch
    {
        ErrorCode.NotFound => "no such file or directory",
        ErrorCode.AlreadyExists => "already exists",
        ErrorCode.NotADirectory => "not a directory",
        ErrorCode.IsADirectory => "is a directory",
        ErrorCode.DirectoryNotEmpty => "directory is not empty",
        ErrorCode.WouldCycle => "a directory cannot be moved into itself",
        ErrorCode.Internal => $"internal error, please report it: {error.Step}: {error.Message}",
        _ => error.Message,
    };

    private static string Advice(ErrorCode code) => code switch
    {
        ErrorCode.TooFewServers => "start more chunk servers or make room on them, see 'dfs admin status'",
        ErrorCode.OutOfSpace => "remove files or make room on the servers, see 'dfs admin status' and 'dfs df'",
        ErrorCode.Unavailable or ErrorCode.TimedOut => "check that the servers run, see 'dfs admin status'",
        ErrorCode.DataLoss => "no good replica is reachable, see 'dfs locate' and 'dfs admin status'",
        ErrorCode.OutcomeUnknown => "look at the path before trying again",
        ErrorCode.Overloaded => "try again later or with a smaller -j",
        ErrorCode.ConditionFailed => "somebody else changed it, try again",
        _ => "",
    };

    private static string WithAdvice(string what, string advice) => advice.Length == 0 ? what : $"{OneLine(what)}; {advice}";

    // EPIPE on Unix, ERROR_BROKEN_PIPE and ERROR_NO_DATA on Windows.
    private static bool IsBrokenPipe(IOException error) => error.HResult is 32 or unchecked((int)0x8007006D) or unchecked((int)0x800700E8);
}
