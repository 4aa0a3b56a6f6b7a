namespace DfsNet.Simulation.Sabotage;

/// <summary>A log whose flush failed is flushed again, and that is believed.</summary>
internal sealed class TrustASecondFsync : ISabotage
{
    public string Name => "trust a second fsync";

    public string Breaks => "a failed fsync is never retried and never trusted";

    public IReadOnlyList<string> Faults => ["failed flush", "power cut of all"];

    public KnownCatch Known => new(3, "every server comes back");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/Storage/Journals/SegmentLog.cs",
            "            await file.FlushAsync().ConfigureAwait(false);\n",
            $$"""
                        try
                        {
                            await file.FlushAsync().ConfigureAwait(false);
                        }
                        catch (DiskException) when ({{PatchedCode.IsOn(Name)}})
                        {
                            await file.FlushAsync().ConfigureAwait(false);
                        }

            """),
    ];
}
