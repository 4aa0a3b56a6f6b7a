using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>Every checker that no workload brings along: a new one is a file and a line here.</summary>
internal static class CheckerList
{
    /// <summary>Before users look at everything once more.</summary>
    public static IReadOnlyList<IConvergence> Presence { get; } = [new EverybodyServes()];

    /// <summary>When the users are gone.</summary>
    public static IReadOnlyList<IConvergence> Convergence { get; } =
    [
        .. Presence, new SessionsEnd(), new NothingStays(), new ReplicasAreSealed(), new RepairEnds(), new DrainEnds(),
        new HealthyIsTrue(), new MetadataNodesAgree(),
    ];

    public static IReadOnlyList<IFinalChecker> Final { get; } = [new TablesAgree(), new ReplicasAgree(), new BackupsAreWhole()];

    /// <summary>Watchers have state: each run gets its own.</summary>
    public static IEnumerable<IWatcher> Watchers() =>
        [new ServedBytesAreRight(), new RemovalsAreCommitted(), new IdsAreUsedOnce(), new BadReplicasAreLeftOut(), new NothingLeaks(),
            new ReadsAreNotStale(), new NeverBelowTheFloor()];
}
