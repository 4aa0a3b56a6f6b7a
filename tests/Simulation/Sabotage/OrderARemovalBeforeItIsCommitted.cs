namespace DfsNet.Simulation.Sabotage;

/// <summary>The metadata server orders the removal of a chunk that nothing refers to before the log has it.</summary>
internal sealed class OrderARemovalBeforeItIsCommitted : ISabotage
{
    public string Name => "order a removal before it is committed";

    public string Breaks => "removing a replica is committed in the log before the order is sent";

    public KnownCatch Known => new(1, "a removal is committed before it is ordered");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Cluster/SoftState.cs",
            "                removals.Add(chunk.Chunk);\n                break;\n",
            $$"""
                            removals.Add(chunk.Chunk);
                            foreach (var (server, row) in StateReader.Replicas(store, chunk.Chunk))
                            {
                                if ({{PatchedCode.IsOn(Name)}})
                                {
                                    orders.AddRemoval(server, chunk.Chunk, new DfsNet.Protocol.Generation(row.Generation));
                                }
                            }

                            break;

            """),
    ];
}
