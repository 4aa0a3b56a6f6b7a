using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// Every chunk that somebody may read has as many good replicas as are wanted, in as many fault domains as there are for them, and no more
/// rows than that. Only what lay on the server whose disks went bad alone may be lost.
/// </summary>
internal sealed class RepairEnds : IConvergence
{
    public string Name => "repair ends";

    public string? Missing(World world)
    {
        var store = world.Meta.Store;
        foreach (var (chunk, record) in StateReader.Chunks(store, default))
        {
            if (record.State != ChunkState.Sealed || !ChunkStanding.Holds(record))
            {
                continue;
            }

            var rows = StateReader.Replicas(store, chunk).Where(row => !row.Record.Leaving)
                .Select(row => (row.Record, Machine: MachineOf(world, row.Server))).ToList();
            int good = rows.Count(row => IsGood(row.Machine, chunk, row.Record.Generation, record));
            int onVictim = rows.Count(row => row.Machine.HasBadDisks);
            if (good == 0 && onVictim > 0)
            {
                continue;
            }

            // What the bad server has of one volume may be good while another does not open. A row on a failed volume stays: it may be
            // all that is left, one day.
            if (good < record.Replication || rows.Count - onVictim > record.Replication)
            {
                return $"chunk {chunk} has {good} good replicas in {rows.Count} rows, {record.Replication} are wanted: "
                    + string.Join(", ", rows.Select(row => row.Machine.Name));
            }

            int domains = rows.Where(row => !row.Machine.HasBadDisks).Select(row => row.Machine.Domain).Distinct().Count();
            if (onVictim == 0 && domains < Math.Min((int)record.Replication, DomainsOf(world)))
            {
                return $"chunk {chunk} is in {domains} fault domains: {string.Join(", ", rows.Select(row => row.Machine.Name))}";
            }
        }

        return null;
    }

    /// <summary>Those that have a server which takes chunks.</summary>
    private static int DomainsOf(World world) => world.Servers
        .Where(machine => !machine.HasBadDisks && machine != world.Drained).Select(machine => machine.Domain).Distinct().Count();

    public static ChunkMachine MachineOf(World world, ServerId server)
    {
        string? address = StateReader.Server(world.Meta.Store, server)?.Address;
        return world.Servers.Single(machine => machine.Address == address);
    }

    private static bool IsGood(ChunkMachine machine, ChunkId chunk, ulong generation, ChunkRecord record) =>
        machine.Disks.Any(disk => ReplicasAreSealed.IsSealed(disk, chunk, generation, record));
}
