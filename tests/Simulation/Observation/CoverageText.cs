namespace DfsNet.Simulation.Observation;

/// <summary>What was seen how often, as text for people: in groups; rows that should have been seen and were not at the end.</summary>
internal static class CoverageText
{
    private const string Others = "logged";

    // Every other name is an event of a log.
    private static readonly (string Prefix, string Title)[] Groups =
    [
        ("fault: ", "faults that struck"),
        ("fired: ", "what they did to networks and disks"),
        ("workload: ", "operations begun, by workload"),
        ("operation ", "operations ended"),
        ("process ended ", "processes"),
        (Rows.Prefix, "what happened (architecture, \"what happens when\")"),
    ];

    public static IEnumerable<string> Lines(Coverage coverage)
    {
        var counts = coverage.Counts.ToList();
        foreach (string line in Group(Others, counts.Where(pair => !Groups.Any(group => IsIn(pair.Key, group.Prefix))), 0))
        {
            yield return line;
        }

        foreach (var (prefix, title) in Groups)
        {
            // A prefix that ends in a colon says no more than the title.
            int cut = prefix.EndsWith(": ", StringComparison.Ordinal) ? prefix.Length : 0;
            foreach (string line in Group(title, counts.Where(pair => IsIn(pair.Key, prefix)), cut))
            {
                yield return line;
            }
        }

        foreach (string row in Rows.All.Where(row => coverage[row] == 0).Order(StringComparer.Ordinal))
        {
            yield return Line("never", row[Rows.Prefix.Length..]);
        }
    }

    private static IEnumerable<string> Group(string title, IEnumerable<KeyValuePair<string, long>> counts, int cut) =>
        counts.Select(pair => Line(pair.Value, pair.Key[cut..])).Prepend($"{title}:");

    private static string Line(object times, string what) => $"  {times,10} {what}";

    private static bool IsIn(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal);
}
