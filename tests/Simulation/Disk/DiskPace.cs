namespace DfsNet.Simulation.Disk;

/// <summary>
/// How long a simulated disk takes, in virtual time. Shared by all lives that use the disk, and changed by faults while it runs. Writes go
/// to the page cache: they take no time unless somebody says so.
/// </summary>
internal sealed class DiskPace
{
    private long _calls;

    // An SSD flushes in less than a millisecond, a disk in ten; the spread is what reorders things.
    public TimeSpan FlushMin { get; set; } = TimeSpan.FromMilliseconds(0.2);

    public TimeSpan FlushMax { get; set; } = TimeSpan.FromMilliseconds(4);

    public TimeSpan ReadMin { get; set; } = TimeSpan.FromMilliseconds(0.1);

    public TimeSpan ReadMax { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The share of reads that the page cache answers at once.</summary>
    public double CachedReadRate { get; set; } = 0.5;

    /// <summary>How long writes and changes of names take.</summary>
    public TimeSpan WriteLatency { get; set; }

    /// <summary>Everything takes this many times as long.</summary>
    public double SlowFactor { get; set; } = 1;

    /// <summary>Every so many calls one takes <see cref="SlowCall"/> more; 0 for none.</summary>
    public int SlowCallEvery { get; set; }

    public TimeSpan SlowCall { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Nothing ends before this moment of virtual time: the disk hangs.</summary>
    public long StalledUntil { get; set; }

    /// <summary>As fast as it can be; what hangs goes on.</summary>
    public void Reset()
    {
        SlowFactor = 1;
        SlowCallEvery = 0;
        WriteLatency = TimeSpan.Zero;
        StalledUntil = 0;
    }

    public TimeSpan OfFlush(Random random, long now) => Total(Between(FlushMin, FlushMax, random), now);

    public TimeSpan OfRead(Random random, long now) =>
        Total(random.NextDouble() < CachedReadRate ? TimeSpan.Zero : Between(ReadMin, ReadMax, random), now);

    public TimeSpan OfChange(long now) => Total(WriteLatency, now);

    private static TimeSpan Between(TimeSpan min, TimeSpan max, Random random) => min + ((max - min) * random.NextDouble());

    private TimeSpan Total(TimeSpan latency, long now)
    {
        bool isSlow = SlowCallEvery > 0 && ++_calls % SlowCallEvery == 0;
        long ticks = (long)(latency.Ticks * SlowFactor) + (isSlow ? SlowCall.Ticks : 0);
        return new TimeSpan(Math.Max(ticks, StalledUntil - now));
    }
}
