namespace DfsNet.Simulation.Observation;

/// <summary>How often each thing was seen, over one run or many.</summary>
internal sealed class Coverage
{
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>In order of their names.</summary>
    public IEnumerable<KeyValuePair<string, long>> Counts => _counts.OrderBy(pair => pair.Key, StringComparer.Ordinal);

    public long this[string what] => _counts.GetValueOrDefault(what);

    public void Count(string what, long times = 1) => _counts[what] = _counts.GetValueOrDefault(what) + times;

    public void Add(Coverage other)
    {
        foreach (var (what, times) in other._counts)
        {
            Count(what, times);
        }
    }
}
