using System.Globalization;

namespace DfsNet.Simulation.Sabotage;

/// <summary>The patched copy, built once, and what came of each patch at its known seed.</summary>
public sealed class SabotagedRuns : IAsyncLifetime
{
    internal const int HonestSeed = 1;

    private readonly List<string> _honest = [];

    internal IReadOnlyList<TrialOutcome> Outcomes { get; private set; } = [];

    /// <summary>What the copy prints about a run in which no patch acts.</summary>
    internal string HonestText => string.Join('\n', _honest);

    public async ValueTask InitializeAsync()
    {
        string report = Path.GetTempFileName();
        try
        {
            using var tree = await PatchedTree.BuildAsync().ConfigureAwait(false);
            await tree.RunAsync(["--seed", HonestSeed.ToString(CultureInfo.InvariantCulture)], _honest.Add).ConfigureAwait(false);
            await tree.RunAsync(["--sabotages", "--known", "--report", report], _ => { }).ConfigureAwait(false);
            Outcomes = [.. (await File.ReadAllLinesAsync(report).ConfigureAwait(false)).Select(TrialOutcome.Parse)];
        }
        finally
        {
            File.Delete(report);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
