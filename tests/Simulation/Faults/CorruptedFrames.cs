using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>Bits of bulk frames flip on their way.</summary>
internal sealed class CorruptedFrames : IFault
{
    public string Name => "corrupt frames";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = LinkSelection.Draw(world, strike);
        double rate = strike.Draw(0.005, 0.3);
        strike.Note($"{hit.Where}, {rate:P1}");
        hit.Change(link => link.CorruptRate = rate);
        await strike.LastAsync(
            TimeSpan.FromMilliseconds(200), world.Shape.SafetyPhase, () => world.Network.Counters.Corruptions).ConfigureAwait(false);
        hit.Change(link => link.CorruptRate = world.Network.Defaults.CorruptRate);
    }
}
