using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Checkers.Recording;

/// <summary>Long histories of a namespace that works, made by the model itself, with and without a fault put into them.</summary>
public sealed class RandomHistoryTests
{
    [Fact]
    public void Histories_of_a_namespace_that_works_are_linearizable()
    {
        var steps = new List<long>();
        for (int seed = 0; seed < 200; seed++)
        {
            var result = new RandomHistory(seed, calls: 400, unknown: 10).Record().Check();
            Assert.True(result.Verdict == Verdict.Linearizable, $"seed {seed}, {result.Steps} steps: {result.Explanation}");
            steps.Add(result.Steps);
        }

        steps.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine($"steps: median {steps[100]}, 9 in 10 {steps[180]}, most {steps[^1]}");

        // 519 and 6,422 steps, at 1 to 2 microseconds each: the search adds next to nothing to the run that it judges.
        Assert.True(steps[100] <= 2_000 && steps[^1] <= 100_000, $"median {steps[100]} steps, {steps[^1]} at most");
    }

    [Fact]
    public void Histories_with_many_unknown_outcomes_are_decided_nearly_always()
    {
        var results = Enumerable.Range(0, 100)
            .Select(seed => new RandomHistory(seed, calls: 400, unknown: 60).Record().Check()).ToList();

        int undecided = results.Count(result => result.Verdict == Verdict.Undecided);
        TestContext.Current.TestOutputHelper!.WriteLine($"{undecided} of 100 undecided, {results.Sum(result => result.Steps)} steps");
        Assert.DoesNotContain(results, result => result.Verdict == Verdict.Broken);
        Assert.InRange(undecided, 0, 5);
    }

    [Fact]
    public void One_stale_read_in_a_long_history_is_found_nearly_always()
    {
        int stale = 0;
        int broken = 0;
        int undecided = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            var made = new RandomHistory(seed, calls: 400, unknown: 10) { StaleReadFrom = 200 };
            var verdict = made.Record().Check().Verdict;
            stale += made.HasStaleRead ? 1 : 0;
            broken += verdict == Verdict.Broken ? 1 : 0;
            undecided += verdict == Verdict.Undecided ? 1 : 0;
        }

        // Something with an unknown outcome may have brought the old content back.
        TestContext.Current.TestOutputHelper!.WriteLine($"{broken} of {stale} found, {undecided} undecided");
        Assert.True(stale >= 80 && broken >= stale * 9 / 10 && undecided <= 5, $"{broken} of {stale} found, {undecided} undecided");
    }
}
