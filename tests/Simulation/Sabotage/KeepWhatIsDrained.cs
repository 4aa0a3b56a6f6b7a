namespace DfsNet.Simulation.Sabotage;

/// <summary>A server that is being emptied keeps its replicas, however many are elsewhere.</summary>
internal sealed class KeepWhatIsDrained : ISabotage
{
    public string Name => "keep what is drained";

    public string Breaks => "a drained server is empty in the end";

    public IReadOnlyList<string> Faults => ["drained server"];

    public KnownCatch Known => new(1, "repair ends");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Repair/RepairPlanner.cs",
            "if (departing.Record is not null)",
            $"if (departing.Record is not null && !{PatchedCode.IsOn(Name)})"),
    ];
}
