using System.Globalization;
using DfsNet.Simulation.Running;

namespace DfsNet.Simulation.Sabotage;

public sealed class SabotageTests(SabotagedRuns runs) : IClassFixture<SabotagedRuns>
{
    public static TheoryData<string> Seams => [.. NamesWhere(isPatch: false)];

    public static TheoryData<string> Patches => [.. NamesWhere(isPatch: true)];

    [Theory]
    [MemberData(nameof(Seams))]
    public async Task A_sabotage_at_a_seam_is_noticed(string name)
    {
        var sabotage = SabotageList.Find(name);
        Check(sabotage, await new Trial(sabotage, new RunOptions { Seed = 0 }).RunAsync(SabotageRuns.KnownSeeds(sabotage)));
    }

    [Theory]
    [MemberData(nameof(Patches))]
    public void A_sabotage_in_the_source_is_noticed(string name) =>
        Check(SabotageList.Find(name), Assert.Single(runs.Outcomes, outcome => outcome.Sabotage == name));

    [Fact]
    public async Task The_patched_copy_is_the_product_while_no_switch_is_on()
    {
        var honest = await new Run(new RunOptions { Seed = SabotagedRuns.HonestSeed }).ExecuteAsync();

        Assert.Contains(honest.TraceHash.ToString("x16", CultureInfo.InvariantCulture), runs.HonestText, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patch_that_does_not_fit_any_more_is_an_error()
    {
        var replacement = new Replacement("a.cs", "b", "c");

        Assert.Equal("ac", replacement.Apply("ab"));
        Assert.Throws<SabotageException>(() => replacement.Apply("a"));
        Assert.Throws<SabotageException>(() => replacement.Apply("bb"));
    }

    private static IEnumerable<string> NamesWhere(bool isPatch) =>
        SabotageList.All.Where(sabotage => sabotage.Replacements.Count > 0 == isPatch).Select(sabotage => sabotage.Name);

    // Which checker is first, and at which seed, changes with the product; that one of them notices must not.
    private static void Check(ISabotage sabotage, TrialOutcome outcome) => Assert.True(
        outcome.IsCaught,
        $"{sabotage.Name} breaks \"{sabotage.Breaks}\", and nobody noticed; "
            + $"at seed {sabotage.Known.Seed} \"{sabotage.Known.Checker}\" did");
}
