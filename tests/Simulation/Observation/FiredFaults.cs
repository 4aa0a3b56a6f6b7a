using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Observation;

/// <summary>How often network and disks really did what faults asked for.</summary>
internal static class FiredFaults
{
    public static void Count(World world)
    {
        var network = world.Network.Counters;
        Count("retransmission", network.Retransmissions);
        Count("connection broken by loss", network.LossBreaks);
        Count("vanished in a cut", network.Vanished);
        Count("duplicate", network.Duplicates);
        Count("frames reordered", network.Reorders);
        Count("frame corrupted", network.Corruptions);
        Count("end of a broken connection", network.BrokenEnds);
        foreach (var disk in world.Servers.SelectMany(server => server.Disks))
        {
            foreach (var (fault, times) in disk.Disk.FaultCounts.Happened)
            {
                Count($"{fault} on a chunk disk", times);
            }
        }

        foreach (var (fault, times) in world.Metas.SelectMany(meta => meta.Disk.FaultCounts.Happened))
        {
            Count($"{fault} on the metadata disk", times);
        }

        void Count(string what, long times)
        {
            if (times > 0)
            {
                world.Coverage.Count($"fired: {what}", times);
            }
        }
    }
}
