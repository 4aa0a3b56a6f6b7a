using System.Diagnostics;

namespace DfsNet.Simulation.Running;

public sealed class SeedTests
{
    // A busy machine gets through fewer of them; .ci/run goes through a thousand however long it takes.
    private static readonly TimeSpan FreshTime = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Seeds_that_once_failed_hold()
    {
        var failed = new List<string>();
        foreach (var known in KnownSeed.All())
        {
            var result = await new Run(known.Options).ExecuteAsync();
            failed.AddRange(result.Violations.Count == 0 ? [] : RunText.Outcome(result, known.Options).Prepend(known.Reason));
        }

        Assert.True(failed.Count == 0, string.Join('\n', failed));
    }

    [Fact]
    public Task Fresh_seeds_hold() => FreshSeedsHoldAsync(defaultTimeouts: false, FreshTime * 0.75);

    [Fact]
    public Task Fresh_seeds_hold_with_the_products_own_time_outs() => FreshSeedsHoldAsync(defaultTimeouts: true, FreshTime * 0.25);

    // Whoever wants the same seeds again, as .ci/run does for one commit, says where they begin.
    private static int FirstSeed() =>
        int.TryParse(Environment.GetEnvironmentVariable("DFS_SIMULATION_SEED"), out int given)
            ? given
            : Random.Shared.Next(1_000_000, 1_000_000_000);

    private static async Task FreshSeedsHoldAsync(bool defaultTimeouts, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        int runs = 0;
        for (int seed = FirstSeed(); watch.Elapsed < time; seed++)
        {
            var options = new RunOptions { Seed = seed, DefaultTimeouts = defaultTimeouts };
            var result = await new Run(options).ExecuteAsync();
            Assert.True(result.Violations.Count == 0, string.Join('\n', RunText.Outcome(result, options)));
            runs++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{runs} fresh seeds held");
    }
}
