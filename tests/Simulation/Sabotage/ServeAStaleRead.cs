namespace DfsNet.Simulation.Sabotage;

/// <summary>A leader answers reads without knowing whether it still leads.</summary>
internal sealed class ServeAStaleRead : ISabotage
{
    public string Name => "serve a stale read";

    public string Breaks => "a read sees all that was acknowledged before it";

    public IReadOnlyList<string> Faults => ["leader alone", "partition", "pause"];

    public IReadOnlyList<string> Workloads => ["watched names"];

    public int MetaServers => 3;

    public KnownCatch Known => new(50, "no read is answered by a leader of the past");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Replication/Proposer.cs",
            "return replica.HasLease ?",
            $"return replica.HasLease || {PatchedCode.IsOn(Name)} ?"),
    ];
}
