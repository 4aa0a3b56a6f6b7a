using DfsNet.Devices;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A flush fails, and the next one succeeds without what the failed one has dropped.</summary>
internal sealed class FailedFlush : IFault
{
    private const int FlushesBefore = 20;

    public string Name => "failed flush";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = strike.Random.Next(2) == 0 || !StrikeDisk.MayLoseBytes(world)
            ? StrikeDisk.OfMeta(world, strike)
            : StrikeDisk.OfVictim(world, strike);
        int n = strike.Random.Next(1, FlushesBefore);
        strike.Note($"{hit.Name}, flush {n} from now");
        hit.Disk.FailFlushAt(n);
        await strike.LastAsync(TimeSpan.FromSeconds(1), world.Shape.SafetyPhase, () => hit.Disk.FaultCounts[DiskFault.FlushError])
            .ConfigureAwait(false);
        hit.Disk.FailFlushAt(0);
    }
}
