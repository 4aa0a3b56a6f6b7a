namespace DfsNet.Cli.Commands;

/// <summary>Does the same to several paths, and goes on after a failure, as rm and mkdir do.</summary>
internal static class EachPath
{
    /// <summary>The exit code: failed when any path failed, each of which was told.</summary>
    public static async Task<int> DoAsync(
        string command, IReadOnlyList<string> paths, Surroundings surroundings, Func<string, Task> act)
    {
        int exitCode = ExitCode.Done;
        foreach (string path in paths)
        {
            try
            {
                await act(path).ConfigureAwait(false);
            }
            catch (Exception error) when (error is DfsException or CommandFailure)
            {
                // A failure of ours names the path that matters, which may be another one.
                string line = error is CommandFailure ? ErrorLines.Of(error) : ErrorLines.At(path, error);
                await surroundings.Error.WriteLineAsync($"dfs {command}: {line}").ConfigureAwait(false);
                exitCode = ExitCode.Failed;
            }
        }

        return exitCode;
    }
}
