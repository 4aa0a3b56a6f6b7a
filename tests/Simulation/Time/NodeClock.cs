namespace DfsNet.Simulation.Time;

/// <summary>
/// The clock of one life of a simulated process. Fault model: the wall clock has an offset and may jump; the monotonic clock never jumps,
/// but may run faster or slower than time does (drift). Timers follow the monotonic clock and are delivered through the life.
/// </summary>
internal sealed class NodeClock : TimeProvider
{
    // 2026-01-01, so that stamps look like stamps.
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Scheduler _scheduler;
    private readonly Life _life;
    private readonly LinkedList<ClockTimer> _timers = new();
    private long _globalBase;
    private long _localBase;

    public NodeClock(Scheduler scheduler, Life life, double rate = 1)
    {
        _scheduler = scheduler;
        _life = life;
        _globalBase = scheduler.Now;
        Rate = rate;
    }

    /// <summary>Local seconds per second.</summary>
    public double Rate { get; private set; }

    /// <summary>By how much the wall clock is wrong. Set it to let the clock jump.</summary>
    public TimeSpan WallOffset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    // Zero is a time that code may take for "never".
    public override long GetTimestamp() => TimeSpan.TicksPerHour + LocalTicks;

    public override DateTimeOffset GetUtcNow() => Epoch + new TimeSpan(_scheduler.Now) + WallOffset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ClockTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>From now on the clock runs at another speed; running timers follow.</summary>
    public void SetRate(double rate)
    {
        _localBase = LocalTicks;
        _globalBase = _scheduler.Now;
        Rate = rate;
        foreach (var timer in _timers)
        {
            timer.Plan();
        }
    }

    private long LocalTicks => _localBase + (long)((_scheduler.Now - _globalBase) * Rate);

    private long GlobalOf(long local) => _globalBase + (long)Math.Ceiling((local - _localBase) / Rate);

    /// <summary>A timer of this clock.</summary>
    private sealed class ClockTimer(NodeClock clock, TimerCallback callback, object? state) : ITimer
    {
        private LinkedListNode<ClockTimer>? _place;
        private SimulatedEvent? _planned;
        private long _due;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Stop();
            _period = period;
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return true;
            }

            _due = clock.LocalTicks + dueTime.Ticks;
            _place = clock._timers.AddLast(this);
            Plan();
            return true;
        }

        public void Plan()
        {
            _planned?.Cancel();
            _planned = clock._scheduler.At(clock.GlobalOf(_due), () => clock._life.Deliver(Fire));
        }

        public void Dispose() => Stop();

        public ValueTask DisposeAsync()
        {
            Stop();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            if (_place is null)
            {
                // Stopped while the process was paused.
                return;
            }

            if (_period > TimeSpan.Zero)
            {
                // A process that was paused sees one late tick, not all it missed.
                _due = _due + _period.Ticks is var next && next > clock.LocalTicks ? next : clock.LocalTicks + _period.Ticks;
                Plan();
            }
            else
            {
                Stop();
            }

            callback(state);
        }

        private void Stop()
        {
            _planned?.Cancel();
            _planned = null;
            if (_place is not null)
            {
                clock._timers.Remove(_place);
                _place = null;
            }
        }
    }
}
