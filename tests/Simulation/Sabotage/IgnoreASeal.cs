namespace DfsNet.Simulation.Sabotage;

/// <summary>A chunk server answers to the order to seal a replica without carrying it out.</summary>
internal sealed class IgnoreASeal : ISabotage
{
    public string Name => "ignore a seal";

    public string Breaks => "replicas that hear of a seal cut what is beyond, compare, and write it durably";

    public KnownCatch Known => new(1, "every replica hears of its seal");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/ChunkServer/Cluster/OrderExecutor.cs",
            "if (order.KindCase == Order.KindOneofCase.Seal)",
            $"if (order.KindCase == Order.KindOneofCase.Seal && !{PatchedCode.IsOn(Name)})"),
    ];
}
