using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A machine's network is there, and not, and there again.</summary>
internal sealed class FlappingLink : IFault
{
    private const int FlapsMax = 12;

    public string Name => "flapping link";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = LinkSelection.Draw(world, strike);
        int flaps = strike.Random.Next(2, FlapsMax);
        strike.Note($"{hit.Where}, {flaps} times");
        for (int i = 0; i < flaps; i++)
        {
            hit.Change(link => link.IsCut = true);
            await strike.LastAsync(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1), () => world.Network.Counters.Vanished)
                .ConfigureAwait(false);
            hit.Change(link => link.IsCut = false);
            await strike.LastAsync(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        }
    }
}
