namespace DfsNet.Simulation.Sabotage;

/// <summary>A log that is replayed leaves out the last record of a batch.</summary>
internal sealed class DropOneRecordOfABatch : ISabotage
{
    public string Name => "drop one record of a batch";

    public string Breaks => "an acknowledged byte survives";

    public IReadOnlyList<string> Faults => ["power cut of all", "crash and restart"];

    public KnownCatch Known => new(1, "every server comes back");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/Storage/Journals/JournalScan.cs",
            "            await replay(new JournalRecord(header.FirstPosition + i, payload)).ConfigureAwait(false);\n",
            $$"""
                        if (header.Records == 1 || i < header.Records - 1 || !{{PatchedCode.IsOn(Name)}})
                        {
                            await replay(new JournalRecord(header.FirstPosition + i, payload)).ConfigureAwait(false);
                        }

            """),
    ];
}
