using DfsNet.Devices;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A disk cannot read: once, or some sectors until they are written again.</summary>
internal sealed class ReadError : IFault
{
    private const int ReadsBefore = 20;
    private const int SectorsBytesMax = 64 * 1024;

    public string Name => "read error";

    public bool IsPossible(World world) => StrikeDisk.MayLoseBytes(world);

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = StrikeDisk.OfVictim(world, strike);
        if (strike.Random.Next(2) == 0 && BadPlace.Draw(hit.Disk, strike) is { } place)
        {
            int length = strike.Random.Next(1, SectorsBytesMax);
            strike.Note($"{hit.Name}, {length} bytes at {place}");
            hit.Disk.BreakSectors(place.Path, place.Offset, length, isTransient: strike.Random.Next(2) == 0);
            hit.PerhapsRestart(strike);
        }
        else
        {
            int n = strike.Random.Next(1, ReadsBefore);
            strike.Note($"{hit.Name}, read {n} from now");
            hit.Disk.FailReadAt(n);
        }

        await strike.LastAsync(TimeSpan.FromSeconds(1), world.Shape.SafetyPhase, () => hit.Disk.FaultCounts[DiskFault.ReadError])
            .ConfigureAwait(false);
        hit.Disk.FailReadAt(0);
    }
}
