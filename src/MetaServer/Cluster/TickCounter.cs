namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// The leader's sense of time passing: ticks of its own clock. However late a tick comes it counts as one, so a process that slept does not
/// wake up and declare everybody dead; wall clocks are never compared.
/// </summary>
internal sealed class TickCounter(TimeProvider time, TimeSpan interval)
{
    private long _now;

    public long Now => Interlocked.Read(ref _now);

    /// <summary>How many ticks a span is; at least one.</summary>
    public long Of(TimeSpan span) => Math.Max(1, (span.Ticks + interval.Ticks - 1) / interval.Ticks);

    public TimeSpan SpanOf(long ticks) => interval * ticks;

    public async Task RunAsync(Action onTick, CancellationToken cancellation)
    {
        while (true)
        {
            // Ticks that were missed count as one.
            await Task.Delay(interval, time, cancellation).ConfigureAwait(false);
            Advance();
            onTick();
        }
    }

    public void Advance() => Interlocked.Increment(ref _now);
}
