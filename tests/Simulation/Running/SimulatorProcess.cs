using System.Diagnostics;

namespace DfsNet.Simulation.Running;

/// <summary>This program once more, as a process of its own.</summary>
internal static class SimulatorProcess
{
    public static Task<(int Code, string Output)> RunAsync(params string[] arguments) => RunAsync(arguments, static _ => { });

    /// <summary>Returns the exit code and everything printed.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string[] arguments, Action<ProcessStartInfo> prepare)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(SimulatorProcess).Assembly.Location);
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        prepare(start);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
