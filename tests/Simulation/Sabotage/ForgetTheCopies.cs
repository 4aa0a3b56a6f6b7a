namespace DfsNet.Simulation.Sabotage;

/// <summary>Copies that servers have made never become replicas.</summary>
internal sealed class ForgetTheCopies : ISabotage
{
    public string Name => "forget the copies";

    public string Breaks => "what lacks replicas gets them";

    public IReadOnlyList<string> Faults => ["crash and restart"];

    public KnownCatch Known => new(5, "nothing stays that nobody owns or refers to");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Cluster/ReplicaChanges.cs",
            "_knownAdded.Count < WaitingMax && _knownAdded.Add(copy)",
            $"!{PatchedCode.IsOn(Name)} && _knownAdded.Count < WaitingMax && _knownAdded.Add(copy)"),
    ];
}
