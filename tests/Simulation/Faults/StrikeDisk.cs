using DfsNet.ChunkServer.Chunks;
using DfsNet.Devices;
using DfsNet.Simulation.Disk;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A disk that a strike hits, and whose it is.</summary>
internal sealed record StrikeDisk(Machine Machine, SimulatedDisk Disk, DiskPace Pace, string Name)
{
    /// <summary>Where writes may go astray: anywhere, among the chunks, in the journal.</summary>
    public static IReadOnlyList<string> Below { get; } = ["", ChunkPath.Root, ChunkPath.JournalDirectory];

    /// <summary>Any disk, in one of three strikes that of the metadata server.</summary>
    public static StrikeDisk Any(World world, Strike strike) =>
        strike.Random.Next(3) == 0 ? OfMeta(world, strike) : Of(strike.Pick(world.Servers), strike);

    /// <summary>That of any metadata server.</summary>
    public static StrikeDisk OfMeta(World world, Strike strike)
    {
        var meta = world.Metas.Count == 1 ? world.Metas[0] : strike.Pick(world.Metas);
        return new(meta, meta.Disk, meta.Pace, $"the disk of {meta.Name}");
    }

    /// <summary>A disk of the only server that may lose what it stored.</summary>
    public static StrikeDisk OfVictim(World world, Strike strike)
    {
        world.Victim.HasBadDisks = true;
        return Of(world.Victim, strike);
    }

    /// <summary>Whether a run can survive that the disks of one chunk server lose what they stored.</summary>
    public static bool MayLoseBytes(World world) => world.Shape.MetaOptions is { Replication: >= 2, MinReplicas: >= 2 };

    /// <summary>As often as not the process starts anew: it is then that a disk is read from end to end.</summary>
    public void PerhapsRestart(Strike strike)
    {
        if (strike.Random.Next(2) == 0 && Machine is { IsUp: true, IsHeldDown: false })
        {
            strike.Note($"{Machine.Name} is killed and starts anew");
            Machine.Kill();
            Machine.Start();
        }
    }

    private static StrikeDisk Of(ChunkMachine server, Strike strike)
    {
        int number = strike.Random.Next(server.Disks.Count);
        return new(server, server.Disks[number].Disk, server.Disks[number].Pace, $"disk {number} of {server.Name}");
    }
}
