namespace DfsNet.Simulation.Sabotage;

/// <summary>A row is missing in each piece of a snapshot, and nobody minds.</summary>
internal sealed class InstallABrokenSnapshot : ISabotage
{
    public string Name => "install a broken snapshot";

    public string Breaks => "a snapshot is installed only when it is whole";

    public IReadOnlyList<string> Faults => ["crash and restart", "pause"];

    public int MetaServers => 3;

    public KnownCatch Known => new(5, "metadata servers agree");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Replication/Snapshots/SnapshotIntake.cs",
            "installation.Put(piece.Rows);",
            $"installation.Put({PatchedCode.IsOn(Name)} ? piece.Rows.Skip(1) : piece.Rows);"),
    ];
}
