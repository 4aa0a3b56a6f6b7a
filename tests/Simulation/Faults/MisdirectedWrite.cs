using DfsNet.Devices;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A disk makes a write at a wrong place.</summary>
internal sealed class MisdirectedWrite : IFault
{
    private const int WritesBefore = 20;

    public string Name => "misdirected write";

    public bool IsPossible(World world) => StrikeDisk.MayLoseBytes(world);

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = StrikeDisk.OfVictim(world, strike);
        string below = strike.Pick(StrikeDisk.Below);
        int n = strike.Random.Next(1, WritesBefore);
        strike.Note($"{hit.Name}, write {n} from now below '{below}'");
        hit.Disk.MisdirectWriteAt(n, below);
        await strike.LastAsync(TimeSpan.FromSeconds(1), world.Shape.SafetyPhase, () => hit.Disk.FaultCounts[DiskFault.MisdirectedWrite])
            .ConfigureAwait(false);
        hit.Disk.MisdirectWriteAt(0);
        hit.PerhapsRestart(strike);
    }
}
