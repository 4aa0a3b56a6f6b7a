using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// The metadata server hears nothing of a chunk server, so it asks the owners of its open chunks to seal them; one client does not hear
/// that and goes on writing, until its chunk is sealed without it. Either it hears nothing at all; or everything so late that keep-alives
/// are over before their answers come, while commits still wait for theirs, and the other servers do not hear of the seal.
/// </summary>
internal sealed class DeafOwner : IFault
{
    // By how much answers must be late so that they never come in time.
    private const double Lateness = 1.1;

    public string Name => "deaf owner";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var owners = Owners(world);
        var (client, chain) = owners.Count > 0 ? strike.Pick(owners) : (strike.Pick(world.Clients), world.Servers);
        var silent = strike.Pick(chain);
        strike.Note($"{client.Name}, {silent.Name}");
        var cut = new Cut(world);
        cut.Close([silent], world.Metas);
        var hearing = world.Metas.Select(meta => world.Network.Link(meta.Name, client.Name)).ToList();
        var late = world.Shape.MetaOptions.KeepAliveInterval * Lateness;
        if (late * Lateness < world.Shape.ClientOptions.AttemptTimeout && strike.Random.Next(4) > 0)
        {
            hearing.ForEach(link => (link.DelayMin, link.DelayMax) = (late, late * Lateness));
            cut.Close(world.Metas, [.. chain.Where(server => server != silent)]);
        }
        else
        {
            cut.Close(world.Metas, [client]);
        }

        await strike.LastAsync(
            world.Shape.MetaOptions.DeadAfter + (world.Shape.MetaOptions.SessionTimeout * (0.9 + strike.Random.NextDouble())))
            .ConfigureAwait(false);
        strike.Fired();
        cut.Open();
        var usual = world.Network.Defaults;
        hearing.ForEach(link => (link.DelayMin, link.DelayMax) = (usual.DelayMin, usual.DelayMax));
    }

    /// <summary>Clients that have chunks open now, each with the servers of one.</summary>
    private static List<(ClientMachine Client, IReadOnlyList<ChunkMachine> Chain)> Owners(World world)
    {
        var store = world.Meta.Store;
        return
        [
            .. from session in StateReader.Sessions(store)
               from client in world.Clients
               where client.Name == session.Record.ClientName
               from chunk in StateReader.OwnedChunks(store, session.Session)
               where StateReader.Chunk(store, chunk) is { State: ChunkState.Open }
               select (client, ServersOf(world, chunk)),
        ];
    }

    private static IReadOnlyList<ChunkMachine> ServersOf(World world, ChunkId chunk)
    {
        var store = world.Meta.Store;
        var addresses = StateReader.Replicas(store, chunk).Select(replica => StateReader.Server(store, replica.Server)?.Address).ToList();
        return [.. world.Servers.Where(server => addresses.Contains(server.Address))];
    }
}
