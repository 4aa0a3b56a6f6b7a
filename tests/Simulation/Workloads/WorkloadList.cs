namespace DfsNet.Simulation.Workloads;

/// <summary>Every workload there is: a new one is a file and a line here.</summary>
internal static class WorkloadList
{
    private static readonly IReadOnlyList<Func<IWorkload>> Makers =
    [
        () => new FilesOfAllSizes(),
        () => new SmallFileStorms(),
        () => new NamespaceChurn(),
        () => new OverwritesAndTruncations(),
        () => new Appenders(),
        () => new LongAtomicPuts(),
        () => new DeleteAndRecreate(),
        () => new LongReaders(),
        () => new IdleSessions(),
        () => new SleepingWriters(),
        () => new WatchedNames(),
    ];

    public static IReadOnlyList<IWorkload> All { get; } = [.. Makers.Select(make => make())];

    /// <summary>A new instance: each works for itself.</summary>
    public static IWorkload Create(string name) => Makers.Select(make => make()).Single(workload => workload.Name == name);
}
