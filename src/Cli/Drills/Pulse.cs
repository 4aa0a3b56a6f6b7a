namespace DfsNet.Cli.Drills;

/// <summary>The longest operation of one who does one after the other; one that has not ended yet counts as far as it has got.</summary>
internal sealed class Pulse(TimeProvider time)
{
    // Guards all fields: the one who measures is another task.
    private readonly Lock _lock = new();
    private long? _began;
    private TimeSpan _longest;

    public TimeSpan Longest
    {
        get
        {
            lock (_lock)
            {
                var present = _began is { } began ? time.GetElapsedTime(began) : TimeSpan.Zero;
                return present > _longest ? present : _longest;
            }
        }
    }

    public void Begin()
    {
        lock (_lock)
        {
            _began = time.GetTimestamp();
        }
    }

    public void End()
    {
        lock (_lock)
        {
            if (_began is { } began)
            {
                var took = time.GetElapsedTime(began);
                _longest = took > _longest ? took : _longest;
            }

            _began = null;
        }
    }

    /// <summary>Forgets what was; an operation under way counts from now on.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _longest = TimeSpan.Zero;
            _began = _began is null ? null : time.GetTimestamp();
        }
    }
}
