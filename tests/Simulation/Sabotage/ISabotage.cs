using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Sabotage;

/// <summary>
/// One way to break the product on purpose. The simulator must catch it; one that survives is a hole in the checkers. It takes hold of a
/// seam of this process, or it is a patch of a copy of the source.
/// </summary>
internal interface ISabotage
{
    /// <summary>As --sabotage names it.</summary>
    string Name { get; }

    /// <summary>The sentence of the design that it breaks.</summary>
    string Breaks { get; }

    /// <summary>Faults that bring it to light soon; null for those that the seed chooses.</summary>
    IReadOnlyList<string>? Faults => null;

    /// <summary>Workloads that bring it to light soon; null for those that the seed chooses.</summary>
    IReadOnlyList<string>? Workloads => null;

    /// <summary>With so many metadata servers.</summary>
    int MetaServers => 1;

    /// <summary>A seed at which it is caught, and the checker that does it.</summary>
    KnownCatch Known { get; }

    /// <summary>What it changes in the source; nothing for those at a seam.</summary>
    IReadOnlyList<Replacement> Replacements => [];

    /// <summary>Takes hold of the seams of a world that has not been started.</summary>
    void TakeHold(World world)
    {
    }
}

/// <summary>Where a sabotage is known to be caught.</summary>
internal sealed record KnownCatch(int Seed, string Checker);
