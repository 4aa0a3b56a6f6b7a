namespace DfsNet.Simulation.Sabotage;

/// <summary>A leader that was deposed takes another entry at the same index for its own.</summary>
internal sealed class ReportSuccessToAnOldWaiter : ISabotage
{
    public string Name => "report success to an old waiter";

    public string Breaks => "a caller hears what became of its own entry";

    public IReadOnlyList<string> Faults => ["leader alone", "partition", "pause"];

    public int MetaServers => 3;

    public KnownCatch Known => new(6, "metadata servers agree");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Replication/Replica.cs",
            "if (proposal.Point == point)",
            $"if (proposal.Point == point || {PatchedCode.IsOn(Name)})"),
        new(
            "src/MetaServer/Replication/Replica.cs",
            "        _applier.Resign();\n",
            $$"""
                    _applier.Resign();
                    if ({{PatchedCode.IsOn(Name)}})
                    {
                        return;
                    }


            """),
    ];
}
