namespace DfsNet.Simulation.Sabotage;

/// <summary>A new leader commits what it finds on a majority.</summary>
internal sealed class CommitAnOldTermByCounting : ISabotage
{
    public string Name => "commit an old term by counting";

    public string Breaks => "an entry of an old term is committed only with one of the own";

    public IReadOnlyList<string> Faults => ["leader alone", "crash and restart", "partition"];

    public int MetaServers => 3;

    public KnownCatch Known => new(1, "");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/Consensus/Leading.cs",
            "reached < _firstIndex)",
            $"(reached < _firstIndex && !{PatchedCode.IsOn(Name)}))"),
    ];
}
