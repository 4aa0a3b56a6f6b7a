namespace DfsNet.Simulation.Sabotage;

/// <summary>Repair lets one replica go as soon as a chunk has as many as are wanted.</summary>
internal sealed class LetGoOfAGoodReplica : ISabotage
{
    public string Name => "let go of a good replica";

    public string Breaks => "a replica is let go only when enough proven ones stay";

    public IReadOnlyList<string> Faults => ["crash and restart"];

    public KnownCatch Known => new(140, "never below the floor by our own hand");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Repair/RepairPlanner.cs",
            "standing.Proven > wanted ? DropSurplus",
            $"standing.Proven > wanted || ({PatchedCode.IsOn(Name)} && standing.Proven == wanted) ? DropSurplus"),
    ];
}
