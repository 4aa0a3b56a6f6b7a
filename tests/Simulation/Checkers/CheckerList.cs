using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>Every checker that no workload brings along: a new one is a file and a line here.</summary>
internal static class CheckerList
{
    public static IReadOnlyList<IConvergence> Convergence { get; } =
        [new EverybodyServes(), new SessionsEnd(), new NothingStays(), new ReplicasAreSealed()];

    public static IReadOnlyList<IFinalChecker> Final { get; } = [new TablesAgree(), new ReplicasAgree()];

    /// <summary>Watchers have state: each run gets its own.</summary>
    public static IEnumerable<IWatcher> Watchers() =>
        [new ServedBytesAreRight(), new RemovalsAreCommitted(), new IdsAreUsedOnce(), new BadReplicasAreLeftOut()];
}
