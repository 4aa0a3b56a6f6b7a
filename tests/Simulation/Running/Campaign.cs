using System.Diagnostics;
using DfsNet.Simulation.Observation;

namespace DfsNet.Simulation.Running;

/// <summary>Many runs, one after the other, and what they came to together.</summary>
internal sealed class Campaign(Arguments line, Action<string> print)
{
    // Enough for every row of the table to happen by chance.
    private const int RunsForRows = 1_000;

    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>Processor time of this process, compiling included: other load on the machine does not count.</summary>
    public static double Seconds => Environment.CpuUsage.TotalTime.TotalSeconds;

    public Coverage Coverage { get; } = new();

    public int Runs { get; private set; }

    public List<int> FailedSeeds { get; } = [];

    /// <summary>True when every run held.</summary>
    public async Task<bool> RunAsync(IEnumerable<int> seeds)
    {
        foreach (int seed in seeds)
        {
            if (line.Minutes is { } minutes && _watch.Elapsed.TotalMinutes >= minutes)
            {
                break;
            }

            var options = line.Run with { Seed = seed };
            var result = await new Run(options).ExecuteAsync().ConfigureAwait(false);
            Runs++;
            Coverage.Add(result.Coverage);
            if (result.Violations.Count > 0)
            {
                FailedSeeds.Add(seed);
                foreach (string text in RunText.Outcome(result, options))
                {
                    print(text);
                }
            }
        }

        return FailedSeeds.Count == 0;
    }

    /// <summary>Prints what happened how often; false when a row of the table never did, in runs enough for all of them.</summary>
    public static bool Report(Coverage coverage, int runs, int failed, double coreSeconds, Action<string> print)
    {
        foreach (string line in CoverageText.Lines(coverage))
        {
            print(line);
        }

        var missing = Rows.All.Where(row => coverage[row] == 0).ToList();
        if (missing.Count > 0 && runs >= RunsForRows)
        {
            print($"{missing.Count} rows never happened in {runs} runs: the runs have a hole");
        }

        print($"{runs} runs, {failed} failed, {runs / coreSeconds * 60:F0} runs per minute and core");
        return missing.Count == 0 || runs < RunsForRows;
    }
}
