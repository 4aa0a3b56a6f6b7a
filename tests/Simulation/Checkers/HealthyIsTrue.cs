using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// What the leader says of the cluster is so: it calls the chunks whole that are, names what nobody has any more, and every server that
/// serves healthy.
/// </summary>
internal sealed class HealthyIsTrue : IConvergence
{
    public string Name => "healthy says healthy";

    public string? Missing(World world)
    {
        var said = world.Meta.Node!.Figures;
        if (!said.IsCounted)
        {
            return "the leader has not counted yet";
        }

        int lost = CountLost(world);
        bool isHurt = world.Servers.Any(machine => machine.HasBadDisks);
        return said.Unavailable < (ulong)lost ? $"{lost} chunks are on no disk, and {said.Unavailable} are said to be unavailable"
            : said.UnderReplicated < (ulong)lost ? $"{lost} chunks are on no disk, and {said.UnderReplicated} are said to lack replicas"
            : isHurt ? null
            : said.UnderReplicated + said.MissingBytes > 0 ? $"{said.UnderReplicated} chunks are said to lack replicas, and none does"
            : said.Servers.FirstOrDefault(server => server.State != ServerState.Healthy) is { } server
                ? $"{server.Address} is said to be {server.State}"
            : null;
    }

    /// <summary>Chunks that somebody may read, and of which no good replica is on any disk.</summary>
    private static int CountLost(World world)
    {
        var store = world.Meta.Store;
        return StateReader.Chunks(store, default).Count(row =>
            row.Record.State == ChunkState.Sealed && ChunkStanding.Holds(row.Record)
            && !StateReader.Replicas(store, row.Chunk).Any(
                replica => IsGood(world, row.Chunk, row.Record, replica.Server, replica.Record)));
    }

    private static bool IsGood(World world, ChunkId chunk, ChunkRecord record, ServerId server, ReplicaRecord replica) => RepairEnds
        .MachineOf(world, server).Disks.Any(disk => ReplicasAreSealed.IsSealed(disk, chunk, replica.Generation, record));
}
