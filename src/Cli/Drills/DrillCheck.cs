namespace DfsNet.Cli.Drills;

/// <summary>One thing that a drill measures, and what it may be.</summary>
/// <param name="What">Such as "slowest read".</param>
/// <param name="Measured">Null: it did not happen while it was waited for.</param>
/// <param name="Bound">Greatest value that is no miss.</param>
/// <param name="Unit">"s" or "".</param>
internal sealed record DrillCheck(string What, double? Measured, double Bound, string Unit)
{
    public bool Passed => Measured <= Bound;

    public static DrillCheck Time(string what, TimeSpan? measured, TimeSpan bound) =>
        new(what, measured is { } time ? Math.Round(time.TotalSeconds, 3) : null, bound.TotalSeconds, "s");

    /// <summary>Something that must not be.</summary>
    public static DrillCheck None(string what, long count) => new(what, count, 0, "");
}

/// <summary>What one drill came to.</summary>
/// <param name="Drill">Its name.</param>
/// <param name="Target">Address of the server that was struck.</param>
/// <param name="Checks">In the order in which they happen.</param>
/// <param name="Remarks">For people.</param>
internal sealed record DrillScore(string Drill, string Target, IReadOnlyList<DrillCheck> Checks, IReadOnlyList<string> Remarks)
{
    public bool Passed => Checks.All(check => check.Passed);
}
