namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>What the search for an order came to.</summary>
internal enum Verdict
{
    Linearizable,
    Broken,

    /// <summary>Too many orders to try them all; neither good nor bad, and to be counted.</summary>
    Undecided,
}

/// <summary>The verdict on one history, with the reason when it is not good.</summary>
/// <param name="Verdict">Whether an order exists.</param>
/// <param name="Steps">Steps of the model that were tried.</param>
/// <param name="Explanation">For people; empty when the history is linearizable.</param>
internal sealed record LinearizabilityResult(Verdict Verdict, long Steps, string Explanation);
