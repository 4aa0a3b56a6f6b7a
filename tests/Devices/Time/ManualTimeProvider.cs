namespace DfsNet.Devices.Time;

/// <summary>
/// A clock that moves only when a test says so. Timers fire in order of their times, one after the other, while it moves.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    // Guards the timers and their due times.
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock on, stopping at every timer that is due on the way.</summary>
    public void Advance(TimeSpan span)
    {
        long end = GetTimestamp() + span.Ticks;
        while (TakeDue(end) is { } due)
        {
            due.Fire();
        }

        Interlocked.Exchange(ref _ticks, Math.Max(GetTimestamp(), end));
    }

    private ManualTimer? TakeDue(long end)
    {
        // Guards the timers and their due times.
        lock (_gate)
        {
            var next = _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
            if (next is null)
            {
                return null;
            }

            _ticks = Math.Max(_ticks, next.Due);
            if (next.Period is { } period)
            {
                next.Due += period;
            }
            else
            {
                _timers.Remove(next);
            }

            return next;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        public long Due { get; set; }

        public long? Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool fires;
            // Guards the timers and their due times.
            lock (time._gate)
            {
                time._timers.Remove(this);
                Period = period > TimeSpan.Zero ? period.Ticks : null;
                fires = dueTime == TimeSpan.Zero;
                Due = time._ticks + (fires ? Period ?? 0 : dueTime.Ticks);
                if (dueTime >= TimeSpan.Zero && (!fires || Period is not null))
                {
                    time._timers.Add(this);
                }
            }

            if (fires)
            {
                ThreadPool.QueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            }

            return true;
        }

        public void Dispose()
        {
            // Guards the timers and their due times.
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
