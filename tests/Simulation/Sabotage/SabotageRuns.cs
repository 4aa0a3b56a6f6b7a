using DfsNet.Simulation.Running;

namespace DfsNet.Simulation.Sabotage;

/// <summary>
/// Tries sabotages, those at seams in this process and the patches in one that is built from the patched copy, and says who noticed.
/// </summary>
internal sealed class SabotageRuns(Arguments line, Action<string> print)
{
    private const int SeedsMax = 300;

    // The known seed of a sabotage may cease to show it when the product changes: then the first ones are searched.
    private const int SeedsBesideKnown = 60;

    private readonly List<TrialOutcome> _outcomes = [];

    private bool IsForPatchedCode => !PatchedCode.IsHere && Chosen.Any(sabotage => sabotage.Replacements.Count > 0);

    private IEnumerable<ISabotage> Chosen => line.Run.Sabotage is { } name ? [SabotageList.Find(name)] : SabotageList.All;

    /// <summary>Whether the arguments ask for a patch that this process does not have: another one has to run them.</summary>
    public static bool IsElsewhere(Arguments line) =>
        line.Run.Sabotage is { } name && SabotageList.Find(name).Replacements.Count > 0 && !PatchedCode.IsHere;

    public static IEnumerable<int> KnownSeeds(ISabotage sabotage) => [sabotage.Known.Seed, .. Enumerable.Range(1, SeedsBesideKnown)];

    /// <summary>True when every sabotage was noticed.</summary>
    public async Task<bool> RunAsync()
    {
        bool patches = true;
        foreach (var sabotage in Chosen.Where(sabotage => sabotage.Replacements.Count > 0 == PatchedCode.IsHere))
        {
            var outcome = await new Trial(sabotage, line.Run).RunAsync(SeedsOf(sabotage)).ConfigureAwait(false);
            _outcomes.Add(outcome);
            print(outcome.ToString());
        }

        if (line.Report is { } report)
        {
            await File.WriteAllLinesAsync(report, _outcomes.Select(outcome => outcome.ToLine())).ConfigureAwait(false);
        }
        else if (IsForPatchedCode)
        {
            using var tree = await PatchedTree.BuildAsync().ConfigureAwait(false);
            patches = await tree.RunAsync(line.Given, print).ConfigureAwait(false) == 0;
        }

        return patches && _outcomes.All(outcome => outcome.IsCaught);
    }

    private IEnumerable<int> SeedsOf(ISabotage sabotage) => line switch
    {
        { Known: true } => KnownSeeds(sabotage),
        { Seeds: { } seeds } => Enumerable.Range(seeds.First, seeds.Last - seeds.First + 1),
        _ => Enumerable.Range(1, SeedsMax),
    };
}
