using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>One planned strike of a fault, with random numbers of its own: others can be dropped without changing it.</summary>
internal sealed class Strike(World world, PlannedStrike planned, Task healed)
{
    public Random Random { get; } = new(planned.Seed);

    /// <summary>Is over when the time has passed or the cluster is healed.</summary>
    public Task LastAsync(TimeSpan duration) => Task.WhenAny(world.Scheduler.DelayAsync(duration), healed);

    /// <summary>Lasts between the two, drawn with more short ones than long ones.</summary>
    public Task LastAsync(TimeSpan min, TimeSpan max)
    {
        double part = Random.NextDouble();
        return LastAsync(min + ((max - min) * part * part));
    }

    public T Pick<T>(IReadOnlyList<T> from) => from[Random.Next(from.Count)];

    /// <summary>The strike did something: counted for the report.</summary>
    public void Fired() => world.Coverage.Count($"fault: {planned.Fault}");
}
