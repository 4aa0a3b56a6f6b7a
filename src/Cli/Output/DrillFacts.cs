using System.Globalization;
using DfsNet.Cli.Drills;

namespace DfsNet.Cli.Output;

/// <summary>What drills came to.</summary>
/// <param name="Passed">Nothing was missed.</param>
/// <param name="Slack">Multiple of the promised times that was allowed.</param>
internal sealed record DrillFacts(bool Passed, double Slack, IReadOnlyList<DrillScore> Drills)
{
    public static DrillFacts Of(IReadOnlyList<DrillScore> scores, double slack) =>
        new(scores.All(score => score.Passed), slack, scores);

    /// <summary>One drill for people.</summary>
    public static string Text(DrillScore score)
    {
        var lines = new List<string> { $"{score.Drill} of {score.Target}: {(score.Passed ? "passed" : "MISSED")}" };
        lines.AddRange(score.Checks.Select(Line));
        lines.AddRange(score.Remarks.Select(remark => $"  {remark}"));
        return string.Join(Environment.NewLine, lines);
    }

    private static string Line(DrillCheck check)
    {
        string measured = check.Measured is { } value ? Number(value, check.Unit) : "never";
        string bound = check.Bound == 0 ? "none may be" : $"at most {Number(check.Bound, check.Unit)}";
        return $"  {check.What,-26}{measured,10}   {bound,-18}{(check.Passed ? "" : "MISS")}".TrimEnd();
    }

    private static string Number(double value, string unit) => unit.Length == 0
        ? value.ToString("0", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{value:0.00} {unit}");
}
