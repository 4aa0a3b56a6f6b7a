namespace DfsNet.Simulation.Sabotage;

/// <summary>
/// The metadata server takes a replica for good that its server reports as damaged, or as sealed otherwise than the record says.
/// </summary>
internal sealed class ReuseAStaleReplica : ISabotage
{
    public string Name => "reuse a stale replica";

    public string Breaks => "a replica that does not match the record is no replica";

    public IReadOnlyList<string> Faults => ["bit rot"];

    public IReadOnlyList<string> Workloads => ["long readers"];

    public KnownCatch Known => new(6, "a replica known as damaged is left out of layouts");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Cluster/ReplicaJudge.cs",
            "ReplicaCondition.Damaged => Verdict.Damaged,",
            $"ReplicaCondition.Damaged => {PatchedCode.IsOn(Name)} ? Verdict.Good : Verdict.Damaged,"),
        new(
            "src/MetaServer/Cluster/ReplicaJudge.cs",
            "_ => IsAsSealed(report, chunk) ? Verdict.Good : Verdict.Differs,",
            $"_ => {PatchedCode.IsOn(Name)} || IsAsSealed(report, chunk) ? Verdict.Good : Verdict.Differs,"),
    ];
}
