using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A disk is slow: many times slower, or 300 ms late at every tenth call, or its page cache is full and writes wait.</summary>
internal sealed class SlowDisk : IFault
{
    private const double FactorMin = 3;
    private const double FactorMax = 200;

    public string Name => "slow disk";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = StrikeDisk.Any(world, strike);
        switch (strike.Random.Next(3))
        {
            case 0:
                hit.Pace.SlowFactor = strike.Draw(FactorMin, FactorMax);
                strike.Note($"{hit.Name}, {hit.Pace.SlowFactor:F1} times slower");
                break;
            case 1:
                hit.Pace.SlowCallEvery = 10;
                strike.Note($"{hit.Name}, every tenth call");
                break;
            default:
                hit.Pace.WriteLatency = strike.Draw(TimeSpan.FromMilliseconds(0.1), TimeSpan.FromMilliseconds(20));
                strike.Note($"{hit.Name}, writes take {hit.Pace.WriteLatency.TotalMilliseconds:F1} ms");
                break;
        }

        strike.Fired();
        await strike.LastAsync(TimeSpan.FromMilliseconds(300), world.Shape.SafetyPhase).ConfigureAwait(false);
        hit.Pace.Reset();
    }
}
