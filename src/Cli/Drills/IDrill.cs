namespace DfsNet.Cli.Drills;

/// <summary>One kind of fault, and what it is measured by.</summary>
internal interface IDrill
{
    string Name { get; }

    /// <summary>For people: what happens.</summary>
    string What { get; }

    /// <summary>Strikes, and returns when the cluster is well again, or is not in time.</summary>
    /// <exception cref="CommandFailure">It would be too dangerous now; nothing was struck.</exception>
    Task<DrillScore> RunAsync(DrillStage stage, CancellationToken cancellation);
}
