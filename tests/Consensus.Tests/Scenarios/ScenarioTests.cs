using DfsNet.Consensus.Tests.Model;

namespace DfsNet.Consensus.Tests.Scenarios;

/// <summary>Every play in scenarios/.</summary>
public sealed class ScenarioTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "scenarios");

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Folder, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order()];

    [Theory, MemberData(nameof(Names))]
    public void It_goes_as_written(string name) => new Play(File.ReadAllLines(Path.Combine(Folder, name + ".txt"))).Perform();

    [Fact]
    public void What_is_not_so_is_noticed()
    {
        string[] play = ["nodes 3", "pass 1100 A", "settle", "A is follower"];
        var error = Assert.Throws<ModelException>(() => new Play(play).Perform());
        Assert.Contains("line 4", error.Message, StringComparison.Ordinal);
    }
}
