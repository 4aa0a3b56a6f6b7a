namespace DfsNet.Simulation.Sabotage;

public sealed class SabotageTests
{
    [Fact]
    public void Every_patch_fits_the_source() => Assert.NotEmpty(PatchedTree.Patch());
}
