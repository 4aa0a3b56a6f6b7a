namespace DfsNet.Simulation.Sabotage;

/// <summary>A log that is damaged in the middle is taken for one that ends there.</summary>
internal sealed class CutALogAtItsFirstBadRecord : ISabotage
{
    public string Name => "cut a log at its first bad record";

    public string Breaks => "only an incomplete tail of a log may be cut off";

    public IReadOnlyList<string> Faults => ["damaged log"];

    public KnownCatch Known => new(1, "every server comes back");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/Storage/Journals/JournalScan.cs",
            "if (end < reader.Header.FlushedBytes)\n        {",
            $$"""
            if ({{PatchedCode.IsOn(Name)}})
                    {
                        return;
                    }

                    if (end < reader.Header.FlushedBytes)
                    {
            """),
    ];
}
