using DfsNet.MetaServer.State;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>A server that an operator had emptied is empty in the end. What its bad disks keep it from removing may stay.</summary>
internal sealed class DrainEnds : IConvergence
{
    public string Name => "a drain ends";

    public string? Missing(World world)
    {
        if (world.Drained is not { HasBadDisks: false } machine)
        {
            return null;
        }

        var store = world.Meta.Store;
        var (server, _) = StateReader.Servers(store).Single(row => row.Record.Address == machine.Address);
        var left = StateReader.ReplicasOf(store, server, default).Select(row => row.Chunk).ToList();
        return left.Count == 0 ? null : $"{machine.Name} was to be emptied and has chunks {string.Join(", ", left)}";
    }
}
