namespace DfsNet.Simulation.Sabotage;

/// <summary>Replicas that came to stand in one fault domain stay there when there are others again.</summary>
internal sealed class LeaveThemTogether : ISabotage
{
    public string Name => "leave replicas together";

    public string Breaks => "replicas stand in as many fault domains as they can";

    public IReadOnlyList<string> Faults => ["mass failure", "crash and restart"];

    public KnownCatch Known => new(6, "repair ends");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Repair/RepairPlanner.cs",
            "standing.IsCrowded(view.Health) ? Spread",
            $"standing.IsCrowded(view.Health) && !{PatchedCode.IsOn(Name)} ? Spread"),
    ];
}
