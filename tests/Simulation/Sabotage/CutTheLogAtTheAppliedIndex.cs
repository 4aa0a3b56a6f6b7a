namespace DfsNet.Simulation.Sabotage;

/// <summary>The log is cut below what is applied, flushed or not.</summary>
internal sealed class CutTheLogAtTheAppliedIndex : ISabotage
{
    public string Name => "cut the log at the applied index";

    public string Breaks => "the log is cut only below what the store has flushed";

    public IReadOnlyList<string> Faults => ["crash and restart", "power cut of all"];

    public KnownCatch Known => new(6, "every server comes back");

    public IReadOnlyList<Replacement> Replacements =>
    [
        new(
            "src/MetaServer/Maintenance/StoreFlusher.cs",
            "await log.TrimAsync(flushed).ConfigureAwait(false);",
            $"await log.TrimAsync({PatchedCode.IsOn(Name)} ? store.AppliedIndex : flushed).ConfigureAwait(false);"),
        new(
            "src/MetaServer/Maintenance/StoreFlusher.cs",
            "ulong flushed = await store.FlushAsync().ConfigureAwait(false);",
            $"ulong flushed = {PatchedCode.IsOn(Name)} ? 0 : await store.FlushAsync().ConfigureAwait(false);"),
    ];
}
