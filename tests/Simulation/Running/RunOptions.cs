namespace DfsNet.Simulation.Running;

/// <summary>One run: its seed, and how it differs from what the seed alone would give.</summary>
internal sealed record RunOptions
{
    public required int Seed { get; init; }

    public bool DefaultTimeouts { get; init; }

    /// <summary>So many metadata servers; null for what the seed chooses.</summary>
    public int? MetaServers { get; init; }

    /// <summary>Whether scheduled backups are taken; null: the seed chooses.</summary>
    public bool? Backups { get; init; }

    /// <summary>Only these faults; null for those that the seed chooses.</summary>
    public IReadOnlyList<string>? Faults { get; init; }

    /// <summary>Only these workloads; null for those that the seed chooses.</summary>
    public IReadOnlyList<string>? Workloads { get; init; }

    /// <summary>Numbers of strikes that do not happen.</summary>
    public IReadOnlyList<int> DroppedStrikes { get; init; } = [];

    /// <summary>Numbers of operations that do not happen, as workload.operation.</summary>
    public IReadOnlyList<DroppedOperations> DroppedOperations { get; init; } = [];

    /// <summary>The sabotage under which the run suffers; null for the product as it is.</summary>
    public string? Sabotage { get; init; }

    /// <summary>The run is over as soon as something is wrong.</summary>
    public bool StopsAtViolation { get; init; }

    /// <summary>Hears what happens as text.</summary>
    public Action<string>? Trace { get; init; }
}
