namespace DfsNet.Simulation.Sabotage;

/// <summary>A client whose chain failed seals the chunk at what it had sent, not at what was acknowledged.</summary>
internal sealed class SealAtTheWrongLength : ISabotage
{
    public string Name => "seal at the wrong length";

    public string Breaks => "a chunk is sealed at a length that every replica has acknowledged";

    public KnownCatch Known => new(28, "never below the floor by our own hand");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/Client/Data/ChunkWriter.cs",
            "            failed.AddRange(_sent.SelectMany(frame => frame.Requests));\n",
            $$"""
                        if (_sent.Count > 0 && {{PatchedCode.IsOn(Name)}})
                        {
                            Chunk.Acknowledge(_sent.Last().EndOffset, _sent.Last().Digest);
                        }

                        failed.AddRange(_sent.SelectMany(frame => frame.Requests));

            """),
    ];
}
