namespace DfsNet.Simulation.Sabotage;

/// <summary>A chunk server sends blocks whatever their checksum says.</summary>
internal sealed class ServeWithoutChecking : ISabotage
{
    public string Name => "serve without checking";

    public string Breaks => "a block that fails its checksum is never served";

    public IReadOnlyList<string> Faults => ["bit rot"];

    public IReadOnlyList<string> Workloads => ["overwrites and truncations"];

    public KnownCatch Known => new(17, "a chunk server never sends a wrong byte");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/ChunkServer/Chunks/BlockReader.cs",
            "if (Crc32C.Compute(data) != snapshot.Table[block])",
            $"if (Crc32C.Compute(data) != snapshot.Table[block] && !{PatchedCode.IsOn(Name)})"),
    ];
}
