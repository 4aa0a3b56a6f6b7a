namespace DfsNet.Consensus.Tests.Sabotage;

/// <summary>Every defect is found, by a play or by a drawn disaster; without one neither finds anything.</summary>
public sealed class DefectTests
{
    private const int SeedsMax = 6_000;
    private const int Steps = 600;

    public static TheoryData<string> Names => [.. Defect.All.Select(defect => defect.Name)];

    [Theory, MemberData(nameof(Names))]
    public void A_defect_is_found(string name)
    {
        var core = new BrokenRaft(Defect.All.Single(defect => defect.Name == name));
        string? found = Plays().Select(play => core.Perform(play)).FirstOrDefault(failure => failure is not null);
        for (int seed = 1; found is null && seed <= SeedsMax; seed++)
        {
            found = core.Suffer(seed, Steps);
        }

        Assert.True(found is not null, $"nobody noticed in {SeedsMax} disasters");
        TestContext.Current.TestOutputHelper?.WriteLine(found);
    }

    [Fact]
    public void Without_a_defect_nothing_is_found()
    {
        var core = new BrokenRaft(null);
        Assert.All(Plays(), play => Assert.Null(core.Perform(play)));
        Assert.All(Enumerable.Range(1, 50), seed => Assert.Null(core.Suffer(seed, Steps)));
    }

    private static IEnumerable<IReadOnlyList<string>> Plays() =>
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "scenarios"), "*.txt").Order().Select(File.ReadAllLines);
}
