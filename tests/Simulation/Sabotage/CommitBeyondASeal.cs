namespace DfsNet.Simulation.Sabotage;

/// <summary>The metadata server accepts a commit that reaches beyond the length at which the chunk is sealed.</summary>
internal sealed class CommitBeyondASeal : ISabotage
{
    public string Name => "commit beyond a seal";

    public string Breaks => "a commit that reaches beyond a seal is refused";

    public IReadOnlyList<string> Faults => ["deaf owner"];

    public IReadOnlyList<string> Workloads => ["delete and re-create"];

    public KnownCatch Known => new(8, "no acknowledged byte is lost");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Chunks/ChunkUpdates.cs",
            "if (record.State == ChunkState.Sealed)",
            $"if (record.State == ChunkState.Sealed && !{PatchedCode.IsOn(Name)})"),
    ];
}
