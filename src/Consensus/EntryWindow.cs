using DfsNet.Integrity;

namespace DfsNet.Consensus;

/// <summary>The end of the log, in memory: everything behind <see cref="Base"/>, without gaps.</summary>
internal sealed class EntryWindow
{
    private readonly List<Entry> _entries;
    private int _dropped;

    public EntryWindow(LogPoint start, IReadOnlyList<Entry> entries)
    {
        Base = start;
        _entries = [.. entries];
        ulong next = start.Index + 1;
        foreach (var entry in _entries)
        {
            Invariant.Require(entry.Point.Index == next++, "a log has no gaps");
            Bytes += entry.Body.Length;
        }
    }

    /// <summary>The entry before the first that is kept.</summary>
    public LogPoint Base { get; private set; }

    public LogPoint Last => Count == 0 ? Base : _entries[^1].Point;

    /// <summary>Of bodies.</summary>
    public long Bytes { get; private set; }

    private int Count => _entries.Count - _dropped;

    /// <summary>Null where the entry is not known (any more).</summary>
    public ulong? TermAt(ulong index)
    {
        if (index == Base.Index)
        {
            return Base.Term;
        }

        return index > Base.Index && index <= Last.Index ? At(index).Point.Term : null;
    }

    public bool Has(LogPoint point) => TermAt(point.Index) == point.Term;

    public Entry At(ulong index) => _entries[_dropped + (int)(index - Base.Index - 1)];

    /// <summary>Entries from <paramref name="from"/> to <paramref name="to"/>, at least one, and no more than so many bytes.</summary>
    public IReadOnlyList<Entry> Slice(ulong from, ulong to, long bytesMax)
    {
        var slice = new List<Entry>();
        long bytes = 0;
        for (ulong index = from; index <= to; index++)
        {
            var entry = At(index);
            bytes += entry.Body.Length;
            if (slice.Count > 0 && bytes > bytesMax)
            {
                break;
            }

            slice.Add(entry);
        }

        return slice;
    }

    public void Append(Entry entry)
    {
        Invariant.Require(entry.Point.Index == Last.Index + 1, "a log has no gaps");
        _entries.Add(entry);
        Bytes += entry.Body.Length;
    }

    /// <summary>Drops the entries at and above an index.</summary>
    public void Truncate(ulong from)
    {
        Invariant.Require(from > Base.Index, "what is before the window stays");
        while (Count > 0 && Last.Index >= from)
        {
            Bytes -= _entries[^1].Body.Length;
            _entries.RemoveAt(_entries.Count - 1);
        }
    }

    /// <summary>Drops entries from the front up to <paramref name="limit"/>, as long as more than so many bytes are kept.</summary>
    public void DropFront(ulong limit, long bytesKept)
    {
        while (Count > 0 && Bytes > bytesKept && _entries[_dropped].Point.Index <= limit)
        {
            Base = _entries[_dropped].Point;
            Bytes -= _entries[_dropped].Body.Length;
            _entries[_dropped++] = null!;
        }

        // Moving what is left costs as much as what was dropped.
        if (_dropped > 1_024 && _dropped > _entries.Count / 2)
        {
            _entries.RemoveRange(0, _dropped);
            _dropped = 0;
        }
    }
}
