namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Which entries are so old that every report on its way was made after them. A row younger than that may rightly be missing from a page
/// that was made before the row.
/// </summary>
internal sealed class AppliedHistory(TickCounter ticks)
{
    // No page is older than this when it arrives: the call that brings it has a deadline of seconds.
    private static readonly TimeSpan YoungFor = TimeSpan.FromSeconds(30);

    // Guards _indexes: the tick writes, reports read.
    private readonly Lock _lock = new();
    private readonly Queue<ulong> _indexes = new();
    private ulong _oldest;

    public ulong OldIndex
    {
        get
        {
            lock (_lock)
            {
                return _oldest;
            }
        }
    }

    /// <summary>Everything up to <paramref name="index"/> was there before any report of this leader's time.</summary>
    public void Begin(ulong index)
    {
        lock (_lock)
        {
            _indexes.Clear();
            _oldest = index;
        }
    }

    /// <summary>Once per tick.</summary>
    public void Note(ulong applied)
    {
        lock (_lock)
        {
            _indexes.Enqueue(applied);
            if (_indexes.Count > ticks.Of(YoungFor))
            {
                _oldest = _indexes.Dequeue();
            }
        }
    }
}
