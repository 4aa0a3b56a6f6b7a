namespace DfsNet.Cli.Demo;

/// <summary>Hears the bytes of a transfer, kills a server in its middle, and measures the longest pause from then on.</summary>
internal sealed class GapMeter(TimeProvider time, long killAt, Action kill, IProgress<long> next) : IProgress<long>
{
    private readonly object _turn = new();
    private long _last = time.GetTimestamp();
    private bool _killed;

    /// <summary>Longest time between two reports of which the later came after the kill.</summary>
    public TimeSpan Longest { get; private set; }

    public void Report(long value)
    {
        lock (_turn) // guards all fields: reports may come from several threads
        {
            long now = time.GetTimestamp();
            var gap = time.GetElapsedTime(_last, now);
            if (_killed && gap > Longest)
            {
                Longest = gap;
            }

            _last = now;
            if (!_killed && value >= killAt)
            {
                _killed = true;
                kill();
            }
        }

        next.Report(value);
    }
}
