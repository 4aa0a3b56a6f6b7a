using DfsNet.MetaServer.Cluster;

namespace DfsNet.MetaServer.Repair;

/// <summary>What repair has done since this leader began, and how fast it went lately.</summary>
internal sealed class RepairMeter(TickCounter ticks)
{
    // Long enough to hold several copies of 64 MiB, short enough to follow what changes.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    private const long NotBegun = long.MaxValue;

    // Guards all fields: copies end on any thread.
    private readonly Lock _lock = new();
    private readonly Queue<(long Tick, long Bytes)> _lately = new();
    private long _bytes;
    private long _copies;
    private long _beganAt = NotBegun;

    public long Copies
    {
        get
        {
            lock (_lock)
            {
                return _copies;
            }
        }
    }

    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Copies are being made: time counts from now if none were.</summary>
    public void Began()
    {
        lock (_lock)
        {
            Forget();
            if (_lately.Count == 0)
            {
                _beganAt = Math.Min(_beganAt, ticks.Now);
            }
        }
    }

    public void Copied(long bytes)
    {
        lock (_lock)
        {
            _copies++;
            _bytes += bytes;
            _lately.Enqueue((ticks.Now, bytes));
        }
    }

    /// <summary>Bytes copied a second, over the last half minute of work; 0 when there was none.</summary>
    public double BytesPerSecond()
    {
        lock (_lock)
        {
            Forget();
            if (_lately.Count == 0)
            {
                return 0;
            }

            long window = ticks.Now - ticks.Of(Window);
            long since = _beganAt == NotBegun ? window : Math.Max(_beganAt, window);
            return _lately.Sum(copy => copy.Bytes) / Math.Max(1.0, ticks.SpanOf(ticks.Now - since).TotalSeconds);
        }
    }

    private void Forget()
    {
        while (_lately.TryPeek(out var oldest) && oldest.Tick < ticks.Now - ticks.Of(Window))
        {
            _lately.Dequeue();
        }

        if (_lately.Count == 0 && _beganAt < ticks.Now - ticks.Of(Window))
        {
            _beganAt = NotBegun;
        }
    }
}
