using DfsNet.Devices;
using DfsNet.Simulation.Nodes;
using DfsNet.Storage.Disk;

namespace DfsNet.Simulation.Faults;

/// <summary>A disk has room for a few bytes more, or a quota says at once that it has none. Somebody makes room later.</summary>
internal sealed class FullDisk : IFault
{
    private const double RoomMin = 1;
    private const double RoomMax = 1 << 20;

    public string Name => "full disk";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = StrikeDisk.Any(world, strike);
        var space = hit.Disk.Images.GetSpace();
        bool isQuota = strike.Random.Next(4) == 0;
        if (isQuota)
        {
            strike.Note($"{hit.Name}, by a quota");
            hit.Disk.WritesFail = DiskFailure.Full;
        }
        else
        {
            long room = (long)strike.Draw(RoomMin, RoomMax);
            strike.Note($"{hit.Name}, {room} bytes are left");
            hit.Disk.CapacityBytes = space.CapacityBytes - space.AvailableBytes + room;
        }

        await strike.LastAsync(TimeSpan.FromMilliseconds(200), world.Shape.SafetyPhase, () => hit.Disk.FaultCounts[DiskFault.Full])
            .ConfigureAwait(false);
        hit.Disk.WritesFail = null;
        hit.Disk.CapacityBytes = null;
    }
}
