using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Observation;

/// <summary>Everything that counts rows by watching a run; logs and ends of processes come to their counters by themselves.</summary>
internal static class RowSources
{
    public static void Watch(World world)
    {
        var owners = new OwnerRows(world);
        var record = new RecordRows(world, owners);
        foreach (var meta in world.Metas)
        {
            meta.Applying += (index, changes) => record.See(meta.Store, index, changes);
        }

        var reads = new ReadRows(world, record);
        var chains = new ChainRows(world);
        var orders = new OrderRows(world, record);
        var calls = new CallRows(world);
        new LogCutRows(world).Start();
        world.Network.Seen += seen =>
        {
            reads.See(seen);
            chains.See(seen);
            owners.See(seen);
            orders.See(seen);
            calls.See(seen);
        };
    }
}
