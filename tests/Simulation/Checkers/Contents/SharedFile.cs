using DfsNet.Integrity;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// A file that several writers overwrite in place, at the same time and in the same ranges. Every byte read must come from a write that was
/// begun, and that no other write of this byte certainly followed before the reader opened the file. A write whose outcome is unknown may
/// land at any time after it was begun.
/// </summary>
/// <param name="chronicle">Orders what happens.</param>
/// <param name="path">The file, which is empty at first.</param>
/// <param name="commitsWhole">Every write is at most 64 KiB long and flushed alone, so that it is one commit: a read then shows each write
/// as a whole or not at all, as if they had been made one after the other.</param>
internal sealed class SharedFile(Chronicle chronicle, string path, bool commitsWhole)
{
    private readonly List<SharedWrite> _writes = [];

    public string Path => path;

    public bool CommitsWhole => commitsWhole;

    public Chronicle Chronicle => chronicle;

    /// <summary>Before a write through a handle: the pattern whose bytes from <paramref name="offset"/> on it has to write there.</summary>
    public int BeginWrite(int handle, long offset, int length)
    {
        Invariant.Require(length > 0, "a write has bytes");
        int pattern = chronicle.IssuePattern($"write {_writes.Count + 1} of handle {handle} to {path}");
        _writes.Add(new SharedWrite(_writes.Count, handle, pattern, offset, offset + length, chronicle.Now()));
        return pattern;
    }

    /// <summary>After a flush or close of a handle that succeeded: all that it wrote until now.</summary>
    public void Acknowledge(int handle)
    {
        long now = chronicle.Now();
        for (int i = _writes.Count - 1; i >= 0; i--)
        {
            var write = _writes[i];
            if (write.Handle == handle && write.Acknowledged == long.MaxValue)
            {
                write.Acknowledged = now;
            }
        }
    }

    /// <summary>Before the file is opened for reading.</summary>
    public SharedFileReader BeginOpen() => new(this);

    /// <summary>Writes that touch [start, end), in the order in which they were begun.</summary>
    public List<SharedWrite> WritesIn(long start, long end) => _writes.FindAll(write => write.Start < end && write.End > start);

    /// <summary>Where the file ends at least for who opens it at this moment.</summary>
    public long LengthBefore(long moment) =>
        _writes.Where(write => write.Acknowledged < moment).Select(write => write.End).DefaultIfEmpty().Max();
}

/// <summary>One write of a pattern into [Start, End).</summary>
internal sealed class SharedWrite(int number, int handle, int pattern, long start, long end, long begun)
{
    public int Number => number;

    public int Handle => handle;

    public int Pattern => pattern;

    public long Start => start;

    public long End => end;

    public long Acknowledged { get; set; } = long.MaxValue;

    /// <summary>Whether this one was certainly made before the other, if both were made.</summary>
    public bool IsBefore(SharedWrite other) => Acknowledged < other.Begun || (handle == other.Handle && number < other.Number);

    public bool Covers(long from, long to) => start <= from && to <= end;

    private long Begun => begun;
}
