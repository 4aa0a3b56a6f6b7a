namespace DfsNet.Simulation.Sabotage;

/// <summary>
/// A round over all chunks goes on counting where the last one ended: what once was missing is said to be missing for ever.
/// </summary>
internal sealed class CountForEver : ISabotage
{
    public string Name => "count for ever";

    public string Breaks => "healthy says healthy";

    public IReadOnlyList<string> Faults => ["mass failure", "crash and restart"];

    public KnownCatch Known => new(1, "healthy says healthy");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Maintenance/RepairScanner.cs",
            "(default, _counting, new CensusResult())",
            $"(default, _counting, {PatchedCode.IsOn(Name)} ? _counting : new CensusResult())"),
    ];
}
