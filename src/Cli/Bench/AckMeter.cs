namespace DfsNet.Cli.Bench;

/// <summary>Counts acknowledgements, and the longest time without one.</summary>
internal sealed class AckMeter(TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    // Guards all fields below: users acknowledge side by side.
    private readonly Lock _lock = new();
    private long _last = time.GetTimestamp();

    public long Count { get; private set; }

    public TimeSpan Longest { get; private set; }

    public void Begin()
    {
        lock (_lock) // guards all fields
        {
            Longest = TimeSpan.Zero;
        }
    }

    public void Acknowledge()
    {
        lock (_lock) // guards all fields
        {
            long now = time.GetTimestamp();
            var gap = time.GetElapsedTime(_last, now);
            Longest = gap > Longest ? gap : Longest;
            _last = now;
            Count++;
        }
    }

    /// <summary>Ends with the next acknowledgement.</summary>
    public async Task NextAsync(CancellationToken cancellation)
    {
        for (long before = Count; Count == before;)
        {
            await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
        }
    }
}
