using DfsNet.Protocol.Bulk;

namespace DfsNet.Simulation.Nodes;

/// <summary>What a node is given passes here on its way, so that a sabotage can put something else in its place.</summary>
internal sealed class Seams
{
    /// <summary>Says of a changed key whether the metadata store forgets it.</summary>
    public Predicate<byte[]>? StoreDropsKey { get; set; }

    /// <summary>How chunk servers send bulk bytes to each other.</summary>
    public Func<IBulkTransport, IBulkTransport> BulkOfServers { get; set; } = transport => transport;
}
