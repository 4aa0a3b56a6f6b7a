using DfsNet.Devices;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A disk acknowledges a write, and every flush behind it, and never made it.</summary>
internal sealed class LostWrite : IFault
{
    private const int WritesBefore = 20;

    public string Name => "lost write";

    public bool IsPossible(World world) => StrikeDisk.MayLoseBytes(world);

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = StrikeDisk.OfVictim(world, strike);
        string below = strike.Pick(StrikeDisk.Below);
        int n = strike.Random.Next(1, WritesBefore);
        strike.Note($"{hit.Name}, write {n} from now below '{below}'");
        hit.Disk.LoseWriteAt(n, below);
        await strike.LastAsync(TimeSpan.FromSeconds(1), world.Shape.SafetyPhase, () => hit.Disk.FaultCounts[DiskFault.LostWrite])
            .ConfigureAwait(false);
        hit.Disk.LoseWriteAt(0);
        hit.PerhapsRestart(strike);
    }
}
