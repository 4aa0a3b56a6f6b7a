using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// While a metadata server is down, a bit flips in one of the two files that hold its vote: the other one has all that anybody was told.
/// </summary>
internal sealed class DamagedBallot : IFault
{
    private static readonly string[] Files = ["ballot.1", "ballot.2"];

    public string Name => "damaged ballot";

    public Task StrikeAsync(World world, Strike strike)
    {
        var meta = strike.Pick(world.Metas);
        if (!meta.IsUp || meta.IsHeldDown)
        {
            return Task.CompletedTask;
        }

        meta.Kill();
        string file = strike.Pick(Files);
        if (meta.Disk.Paths.Contains(file))
        {
            strike.Fired();
            long bit = strike.Random.NextInt64(meta.Disk.Snapshot(file).Length * 8L);
            strike.Note($"bit {bit} of {file} of {meta.Name}");
            meta.Disk.FlipBit(file, bit);
        }

        meta.Start();
        return Task.CompletedTask;
    }
}
