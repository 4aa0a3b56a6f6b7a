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
        if (!meta.IsUp || meta.IsHeldDown || IsDamaged(meta))
        {
            // Both at once are more than is to be borne: such a server has to be replaced.
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
            meta.Damage = (file, meta.Disk.Snapshot(file));
        }

        meta.Start();
        return Task.CompletedTask;
    }

    // A server whose disk hangs mends it late.
    private bool IsDamaged(MetaMachine meta) => meta.Damage is { } damage
        && meta.Disk.Paths.Contains(damage.File)
        && meta.Disk.Snapshot(damage.File).AsSpan().SequenceEqual(damage.Bytes);
}
