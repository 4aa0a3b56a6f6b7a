namespace DfsNet.Simulation.Observation;

/// <summary>
/// The rows of architecture "what happens when" that exist by now. One that never happens in many runs is a hole in the runs.
/// </summary>
internal static class Rows
{
    public const string TailCut = "row: tail of the command log cut";

    /// <summary>Each must happen at least once in a thousand seeds.</summary>
    public static IReadOnlyList<string> All { get; } = [TailCut];
}
