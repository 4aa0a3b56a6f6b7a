using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Packets are lost and sent again, late; now and then that costs the connection.</summary>
internal sealed class MessageLoss : IFault
{
    public string Name => "message loss";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = LinkSelection.Draw(world, strike);
        double rate = strike.Draw(0.005, 0.3);
        strike.Note($"{hit.Where}, {rate:P1}");
        hit.Change(link => link.LossRate = rate);
        var counters = world.Network.Counters;
        await strike.LastAsync(
            TimeSpan.FromMilliseconds(200), world.Shape.SafetyPhase, () => counters.Retransmissions + counters.LossBreaks)
            .ConfigureAwait(false);
        hit.Change(link => link.LossRate = world.Network.Defaults.LossRate);
    }
}
