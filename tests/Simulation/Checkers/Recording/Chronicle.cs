using DfsNet.Integrity;
using DfsNet.Simulation.Checkers.Contents;

namespace DfsNet.Simulation.Checkers.Recording;

/// <summary>
/// Puts everything that is recorded in a run into one order, and numbers the patterns that are written. The order is that in which things
/// are recorded, which is the order of virtual time: of two things at the same moment, the one recorded first comes first.
/// </summary>
/// <param name="ticks">Virtual time, for people who read a failure.</param>
internal sealed class Chronicle(Func<long> ticks)
{
    // Guards the lists: users of real clusters work side by side.
    private readonly Lock _lock = new();
    private readonly List<string> _patterns = ["no pattern"];
    private readonly List<long> _times = [0];
    private readonly List<string> _violations = [];

    /// <summary>What could not have happened in a file system that keeps its promises, each with the time it was seen.</summary>
    public IReadOnlyList<string> Violations => _violations;

    /// <summary>The number of this moment: greater than every one before it.</summary>
    public long Now()
    {
        lock (_lock) // guards _times
        {
            _times.Add(ticks());
            return _times.Count - 1;
        }
    }

    /// <summary>Something was seen that must not be.</summary>
    public void Blame(string what) => _violations.Add($"{TimeOf(Now())}: {what}");

    /// <summary>A pattern that nobody else in this run writes.</summary>
    public int IssuePattern(string owner)
    {
        lock (_lock) // guards _patterns
        {
            Invariant.Require(_patterns.Count <= Pattern.NumberMax, "there are patterns enough for every write of a run");
            _patterns.Add(owner);
            return _patterns.Count - 1;
        }
    }

    /// <summary>For people: what was written with this pattern; null for one that nobody wrote.</summary>
    public string? NameOf(int pattern) => pattern > 0 && pattern < _patterns.Count ? $"#{pattern} ({_patterns[pattern]})" : null;

    /// <summary>For people: when that was.</summary>
    public string TimeOf(long moment) =>
        moment >= 0 && moment < _times.Count ? $"{TimeSpan.FromTicks(_times[(int)moment]).TotalSeconds:0.000000} s" : "never";
}
