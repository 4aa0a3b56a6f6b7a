namespace DfsNet.Cli.Bench;

/// <summary>Durations of operations that follow one another, in milliseconds and in order.</summary>
internal sealed class OperationTimes(TimeProvider time)
{
    // Guards the list: one adds, another takes.
    private readonly Lock _lock = new();
    private List<double> _times = [];

    /// <summary>Repeats an operation until told to stop.</summary>
    public async Task RepeatAsync(Func<CancellationToken, Task> operation, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                long began = time.GetTimestamp();
                await operation(stop).ConfigureAwait(false);
                lock (_lock)
                {
                    _times.Add(time.GetElapsedTime(began).TotalMilliseconds);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    /// <summary>Those that ended since the last time.</summary>
    public IReadOnlyList<double> Take()
    {
        lock (_lock)
        {
            var taken = _times;
            _times = [];
            return taken;
        }
    }

    public static IReadOnlyList<double> AfterLongest(IReadOnlyList<double> times) =>
        times.Count == 0 ? [] : [.. times.Skip(times.ToList().IndexOf(times.Max()) + 1)];

    /// <summary>The 99th percentile; 0 of nothing.</summary>
    public static double P99(IEnumerable<double> times)
    {
        double[] sorted = [.. times.Order()];
        return sorted.Length == 0 ? 0 : sorted[(int)(sorted.Length * 0.99)];
    }
}
