namespace DfsNet.Simulation.Observation;

/// <summary>Rows of the table "what happens when" that a node's own log tells.</summary>
internal static class LogRows
{
    /// <param name="coverage">Where it is counted.</param>
    /// <param name="name">Type and method of the log event.</param>
    /// <param name="values">Its fields.</param>
    public static void Count(Coverage coverage, string name, IReadOnlyList<KeyValuePair<string, object?>>? values)
    {
        if (name == "MetaNode.Replayed" && ValueOf(values, "Cut") > 0)
        {
            coverage.Count(Rows.TailCut);
        }
    }

    private static long ValueOf(IReadOnlyList<KeyValuePair<string, object?>>? values, string field)
    {
        foreach (var (name, value) in values ?? [])
        {
            if (name == field)
            {
                return Convert.ToInt64(value, null);
            }
        }

        return 0;
    }
}
