using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;
using Grpc.Core;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// An operator empties a chunk server beside everything else that goes wrong; half of the time he thinks better of it, otherwise it has to
/// be empty in the end.
/// </summary>
internal sealed class DrainedServer : IFault
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(2);

    public string Name => "drained server";

    public async Task StrikeAsync(World world, Strike strike)
    {
        if (world.Drained is not null)
        {
            return;
        }

        var machine = strike.Pick(world.Servers);
        world.Drained = machine;
        strike.Fired();
        strike.Note($"an operator empties {machine.Name}");
        bool staysEmpty = strike.Random.Next(2) == 0;
        await SetAsync(world, machine, true).ConfigureAwait(false);
        if (staysEmpty)
        {
            return;
        }

        await strike.LastAsync(TimeSpan.Zero, world.Shape.SafetyPhase / 2);
        strike.Note($"{machine.Name} is put back to work");
        await SetAsync(world, machine, false).ConfigureAwait(false);
        world.Drained = null;
    }

    /// <summary>Says it until it is heard: saying it twice changes nothing.</summary>
    private static async Task SetAsync(World world, ChunkMachine machine, bool draining)
    {
        while (true)
        {
            var (server, _) = StateReader.Servers(world.Meta.Store).FirstOrDefault(row => row.Record.Address == machine.Address);
            if (server.Value != 0 && world.Clients.FirstOrDefault(client => client.IsUp) is { } from)
            {
                var client = new Operation.OperationClient(from.Connections.Control(world.Meta.Address));
                var request = new SetServerDrainingRequest { ServerId = server.Value, Draining = draining };
                using var attempt = client.SetServerDrainingAsync(request, new CallOptions());
                var answer = attempt.ResponseAsync;
                await Task.WhenAny(answer, world.Scheduler.DelayAsync(CallTime)).ConfigureAwait(false);
                if (answer.IsCompletedSuccessfully)
                {
                    return;
                }
            }

            await world.Scheduler.DelayAsync(Pause).ConfigureAwait(false);
        }
    }
}
