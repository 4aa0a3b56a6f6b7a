namespace DfsNet.Simulation.Sabotage;

/// <summary>The id of the newest chunk is given out again when that chunk is dropped.</summary>
internal sealed class ReuseAnId : ISabotage
{
    public string Name => "reuse an id";

    public string Breaks => "no id is ever used twice";

    public KnownCatch Known => new(4, "no id is used twice");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Chunks/ChunkLedger.cs",
            "        context.Counters.Chunks--;\n",
            $$"""
                    context.Counters.Chunks--;
                    if (chunk.Value + 1 == context.Counters.NextChunk && {{PatchedCode.IsOn(Name)}})
                    {
                        context.Counters.NextChunk--;
                    }

            """),
    ];
}
