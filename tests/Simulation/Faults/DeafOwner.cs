using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// The metadata server hears nothing of a chunk server, so it asks the owners of its open chunks to seal them; one client does not hear
/// that and goes on writing, until its chunk is sealed without it.
/// </summary>
internal sealed class DeafOwner : IFault
{
    public string Name => "deaf owner";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var client = strike.Pick(world.Clients);
        var server = strike.Pick(world.Servers);
        strike.Note($"{client.Name}, {server.Name}");
        var cut = new Cut(world);
        cut.Close([server], [world.Meta]);
        cut.Close([world.Meta], [client]);
        await strike.LastAsync(
            world.Shape.MetaOptions.DeadAfter + (world.Shape.MetaOptions.SessionTimeout * (0.8 + (0.6 * strike.Random.NextDouble()))));
        strike.Fired();
        cut.Open();
    }
}
