using System.Diagnostics;
using System.Globalization;
using DfsNet.Simulation.Observation;

namespace DfsNet.Simulation.Running;

/// <summary>Several processes share the seeds of a campaign: each has one thread, so more cores need more processes.</summary>
internal sealed class Jobs(IReadOnlyList<string> arguments, int count, Action<string> print)
{
    /// <summary>Process i of n takes every n-th seed from the i-th on. Returns whether every run held and every row happened.</summary>
    public async Task<bool> RunAsync()
    {
        var children = Enumerable.Range(0, count).Select(RunChildAsync).ToList();
        var ended = await Task.WhenAll(children).ConfigureAwait(false);
        var coverage = new Coverage();
        int runs = 0;
        int failed = 0;
        double seconds = 0;
        foreach (var report in ended)
        {
            coverage.Add(report.Coverage);
            runs += report.Runs;
            failed += report.Failed;
            seconds += report.Seconds;
        }

        bool rows = Campaign.Report(coverage, runs, failed, seconds, print);
        return rows && failed == 0 && ended.All(report => report.ExitedWell);
    }

    private async Task<JobReport> RunChildAsync(int number)
    {
        string file = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            foreach (string argument in arguments.Concat(
                ["--report", file, "--share", string.Create(CultureInfo.InvariantCulture, $"{number}/{count}")]))
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start)!;
            while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } text)
            {
                print(text);
            }

            await process.WaitForExitAsync().ConfigureAwait(false);
            string[] lines = await File.ReadAllLinesAsync(file).ConfigureAwait(false);
            return JobReport.Read(lines) with { ExitedWell = process.ExitCode is 0 or 1 };
        }
        finally
        {
            File.Delete(file);
        }
    }
}
