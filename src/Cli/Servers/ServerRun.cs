using DfsNet.Hosting;
using DfsNet.Hosting.Nodes;
using Microsoft.Extensions.Logging;

namespace DfsNet.Cli.Servers;

/// <summary>Runs a server in the foreground until it is told to stop, or has to.</summary>
internal static partial class ServerRun
{
    /// <summary>A failure of the server ends in an exception; a signal in exit code 0.</summary>
    public static async Task<int> UntilStoppedAsync(
        string role, object options, Func<Task<NodeHost>> start, bool stopWithInput, ILoggerFactory logs, Surroundings surroundings,
        CancellationToken stop)
    {
        var log = logs.CreateLogger($"dfs {role}");
        Starting(log, role, ProductVersion.Text, Environment.ProcessId, OptionsText.Of(options));
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var host = await start().ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            // Scripts and parents that asked for a free port read this line.
            await surroundings.Out.WriteLineAsync($"dfs {role}: listening on {host.Address}").ConfigureAwait(false);
            await surroundings.Out.FlushAsync(stop).ConfigureAwait(false);
            if (stopWithInput)
            {
                _ = StopAtEndOfInputAsync(surroundings.OpenInput(), stopping);
            }

            await Task.WhenAny(host.Completion, Asked(stopping.Token)).ConfigureAwait(false);
            if (!stopping.IsCancellationRequested)
            {
                // The node ended by itself: this throws why.
                await host.Completion.ConfigureAwait(false);
            }

            Stopping(log, role);
            await host.StopAsync().ConfigureAwait(false);
        }

        Stopped(log, role);
        return ExitCode.Done;
    }

    /// <summary>Completes when the token fires.</summary>
    internal static Task Asked(CancellationToken stop)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stop.Register(() => asked.TrySetResult());
        return asked.Task;
    }

    /// <summary>A child of a program that died without a word sees the end of its standard input.</summary>
    private static async Task StopAtEndOfInputAsync(Stream input, CancellationTokenSource stopping)
    {
        var ignored = new byte[64];
        while (await input.ReadAsync(ignored, stopping.Token).ConfigureAwait(false) > 0)
        {
        }

        await stopping.CancelAsync().ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Started {Role} {Version}, process {Pid}, with {Options}")]
    private static partial void Starting(ILogger log, string role, string version, int pid, string options);

    [LoggerMessage(Level = LogLevel.Information, Message = "Asked {Role} to stop")]
    private static partial void Stopping(ILogger log, string role);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped {Role}")]
    private static partial void Stopped(ILogger log, string role);
}
