using System.Globalization;
using DfsNet.Simulation.Observation;

namespace DfsNet.Simulation.Running;

/// <summary>What a process of a campaign tells the one that started it: lines of a count, a tab and a name.</summary>
internal sealed record JobReport(Coverage Coverage, int Runs, int Failed, double Seconds)
{
    private const string RunsName = "runs";
    private const string FailedName = "failed";
    private const string MillisecondsName = "milliseconds";

    public bool ExitedWell { get; init; }

    public static JobReport Read(IEnumerable<string> lines)
    {
        var coverage = new Coverage();
        var own = new Coverage();
        foreach (string line in lines)
        {
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            long count = long.Parse(line.AsSpan(0, tab), NumberStyles.Integer, CultureInfo.InvariantCulture);
            string name = line[(tab + 1)..];
            (name is RunsName or FailedName or MillisecondsName ? own : coverage).Count(name, count);
        }

        return new JobReport(coverage, (int)own[RunsName], (int)own[FailedName], own[MillisecondsName] / 1_000.0);
    }

    public IEnumerable<string> Lines() => Coverage.Counts.Select(pair => Line(pair.Value, pair.Key))
        .Append(Line(Runs, RunsName)).Append(Line(Failed, FailedName)).Append(Line((long)(Seconds * 1_000), MillisecondsName));

    private static string Line(long count, string name) => string.Create(CultureInfo.InvariantCulture, $"{count}\t{name}");
}
