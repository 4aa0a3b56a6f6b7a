namespace DfsNet.ChunkServer.Maintenance;

/// <summary>
/// Makes copies and scrubbing step back behind reads and appends: as long as there are any, background work takes a quarter of the time,
/// all of it together. Alone it runs at full speed.
/// </summary>
internal sealed class BackgroundPace(TimeProvider time)
{
    // Three times as long as it worked: a reader mostly finds the disk and the cores free.
    private const int RestPerWork = 3;

    // One slow piece of work must not stop a copy for seconds.
    private static readonly TimeSpan RestMax = TimeSpan.FromMilliseconds(250);

    // Users who work one after the other leave gaps; a gap of this length is the end of work.
    private static readonly TimeSpan ActiveFor = TimeSpan.FromMilliseconds(200);

    private long _foregroundAt;
    private bool _wasNoted;
    private int _works;

    /// <summary>A read or an append is served.</summary>
    public void NoteForeground()
    {
        Volatile.Write(ref _foregroundAt, time.GetTimestamp());
        Volatile.Write(ref _wasNoted, true);
    }

    public bool IsForegroundActive =>
        Volatile.Read(ref _wasNoted) && time.GetElapsedTime(Volatile.Read(ref _foregroundAt)) < ActiveFor;

    /// <summary>A copy, or another background work, begins; it shares the quarter with the others until it is disposed of.</summary>
    public Work Begin()
    {
        Interlocked.Increment(ref _works);
        return new Work(this);
    }

    /// <summary>Called between two pieces of background work that took <paramref name="worked"/>.</summary>
    public async ValueTask StepBackAsync(TimeSpan worked, CancellationToken cancellation)
    {
        if (!IsForegroundActive)
        {
            return;
        }

        var rest = worked * (RestPerWork * Math.Max(1, Volatile.Read(ref _works)));
        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest < RestMax ? rest : RestMax, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>One background work under way.</summary>
    public readonly struct Work(BackgroundPace pace) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref pace._works);
    }
}
