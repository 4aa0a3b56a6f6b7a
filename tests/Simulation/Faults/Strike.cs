using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>One planned strike: when, what, and its own random numbers, so that others can be dropped without changing it.</summary>
internal sealed class Strike(World world, PlannedStrike planned, Task healed)
{
    private bool _hasFired;

    public Random Random { get; } = new(planned.Seed);

    /// <summary>Is over when the time has passed or the cluster is healed.</summary>
    public Task LastAsync(TimeSpan duration) => Task.WhenAny(world.Scheduler.DelayAsync(duration), healed);

    /// <summary>Lasts between the two, drawn with more short ones than long ones.</summary>
    public Task LastAsync(TimeSpan min, TimeSpan max)
    {
        double part = Random.NextDouble();
        return LastAsync(min + ((max - min) * part * part));
    }

    /// <summary>Lasts likewise; it fired if the counter has grown meanwhile.</summary>
    public async Task LastAsync(TimeSpan min, TimeSpan max, Func<long> counter)
    {
        long before = counter();
        await LastAsync(min, max).ConfigureAwait(false);
        if (counter() > before)
        {
            Fired();
        }
    }

    public T Pick<T>(IReadOnlyList<T> from) => from[Random.Next(from.Count)];

    /// <summary>Evenly on a logarithmic scale: small values are as likely as large ones.</summary>
    public double Draw(double min, double max) => min * Math.Pow(max / min, Random.NextDouble());

    public TimeSpan Draw(TimeSpan min, TimeSpan max) => min * Draw(1, max / min);

    /// <summary>Says in the trace what the strike hits.</summary>
    public void Note(string what)
    {
        world.Scheduler.Trace.Add(what);
        world.Scheduler.Trace.Note(world.Scheduler.Now, $"== strike {planned.Number}: {planned.Fault}: {what}");
    }

    /// <summary>The strike did something: counted for the report, once.</summary>
    public void Fired()
    {
        if (!_hasFired)
        {
            _hasFired = true;
            world.Coverage.Count($"fault: {planned.Fault}");
        }
    }
}
