namespace DfsNet.Simulation.Sabotage;

/// <summary>A batch that the power cut tore is taken for damage.</summary>
internal sealed class CallATornBatchDamage : ISabotage
{
    public string Name => "call a torn batch damage";

    public string Breaks => "an incomplete tail of a log may be cut off";

    public IReadOnlyList<string> Faults => ["power cut of all"];

    public KnownCatch Known => new(5, "a volume fails only with its disk");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/Storage/Journals/JournalScan.cs",
            "is { } later && later.Flushed > expected)",
            $"is {{ }} later && later.Flushed > expected || {PatchedCode.IsOn(Name)})"),
        new(
            "src/Storage/Journals/JournalScan.cs",
            "but batch {later.Number} says",
            "but a later one says"),
    ];
}
