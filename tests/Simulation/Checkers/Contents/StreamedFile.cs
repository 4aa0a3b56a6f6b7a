using DfsNet.Integrity;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// A file that one writer changes, one change after the other, while any number of others read. What is read must be the file after the
/// first so many changes and some of the next one; at least those acknowledged before the reader opened the file; and no reader goes back.
/// <para>
/// Fault model: the writer's commits happen in order, whole or in pieces. A writer that failed may still have commits under way; so it
/// never goes on, unless its session is known to have ended, and then only from an empty file.
/// </para>
/// </summary>
internal sealed class StreamedFile(Chronicle chronicle, string path)
{
    private readonly List<FileChange> _changes = [];

    // Length of the file after the first so many changes.
    private readonly List<long> _lengths = [0];
    private bool _hasFailed;
    private bool _isSettled;

    // Changes of which somebody has read something, or which come before one of those.
    private int _seen;

    public string Path => path;

    public Chronicle Chronicle => chronicle;

    /// <summary>Changes that were begun.</summary>
    public int Begun => _changes.Count;

    /// <summary>Changes that are durable and visible to whoever opens the file from now on.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Length of the file when everything that was begun is in it.</summary>
    public long Length => _lengths[^1];

    /// <summary>Before a write: the pattern whose bytes from <paramref name="offset"/> on it has to write there.</summary>
    public int BeginWrite(long offset, int length)
    {
        Invariant.Require(!_hasFailed, "a writer that failed writes nothing more");
        Invariant.Require(length > 0, "a write has bytes");
        int pattern = chronicle.IssuePattern($"change {_changes.Count + 1} of {path}");
        Add(new FileChange(pattern, offset, offset + length), Math.Max(Length, offset + length));
        return pattern;
    }

    /// <summary>Before the file is made longer or shorter. To nothing: also before it is opened anew with its content dropped.</summary>
    public void BeginTruncate(long length)
    {
        Invariant.Require(!_hasFailed || (_isSettled && length == 0), "a writer that failed begins anew at most");
        _hasFailed = false;
        Add(new FileChange(0, length, length), length);
    }

    /// <summary>After a flush, a close or a truncation that succeeded: all that was begun until now.</summary>
    public void Acknowledge()
    {
        Invariant.Require(!_hasFailed, "a writer that failed acknowledges nothing");
        Acknowledged = _changes.Count;
    }

    /// <summary>After any call of the writer that failed.</summary>
    /// <param name="settled">Its session has ended, so nothing that was begun is under way any more.</param>
    public void Fail(bool settled)
    {
        _hasFailed = true;
        _isSettled = settled;
    }

    /// <summary>
    /// After a call of the writer that failed, where it is certain that nothing since the last acknowledgement was made, nor ever will be:
    /// nobody may have seen anything of it, and the writer goes on from what was acknowledged.
    /// </summary>
    public bool Refuse()
    {
        Invariant.Require(!_hasFailed, "a writer that failed cannot tell what became of its changes");
        bool wasSeen = _seen > Acknowledged;
        if (wasSeen)
        {
            chronicle.Blame($"{path}: a reader has seen change {_seen}, which was refused: {Acknowledged} changes were made");
        }

        _changes.RemoveRange(Acknowledged, _changes.Count - Acknowledged);
        _lengths.RemoveRange(Acknowledged + 1, _lengths.Count - Acknowledged - 1);
        _seen = Acknowledged;
        return !wasSeen;
    }

    /// <summary>A reader has seen something of the first so many changes.</summary>
    public void NoteSeen(int changes) => _seen = Math.Max(_seen, changes);

    /// <summary>Before the file is opened for reading.</summary>
    public StreamedFileReader BeginOpen() => new(this);

    public FileChange ChangeAt(int number) => _changes[number];

    public long LengthAfter(int changes) => _lengths[changes];

    /// <summary>The bytes at <paramref name="offset"/> after the first so many changes; zeros behind the end.</summary>
    public void Render(int changes, long offset, Span<byte> target)
    {
        target.Clear();
        int first = changes;
        while (first > 0 && !_changes[first - 1].EmptiesFile)
        {
            first--;
        }

        for (int i = first; i < changes; i++)
        {
            _changes[i].Apply(offset, target);
        }
    }

    private void Add(FileChange change, long length)
    {
        _changes.Add(change);
        _lengths.Add(length);
    }
}

/// <summary>A write of a pattern into [Start, End), or with pattern 0 a truncation to Start.</summary>
internal readonly record struct FileChange(int Pattern, long Start, long End)
{
    public bool IsTruncation => Pattern == 0;

    public bool EmptiesFile => IsTruncation && Start == 0;

    /// <summary>Makes the change in a piece of the file that begins at <paramref name="offset"/>.</summary>
    public void Apply(long offset, Span<byte> piece)
    {
        long from = Math.Clamp(Start - offset, 0, piece.Length);
        long to = IsTruncation ? piece.Length : Math.Clamp(End - offset, 0, piece.Length);
        if (IsTruncation)
        {
            piece[(int)from..].Clear();
        }
        else if (from < to)
        {
            Contents.Pattern.Fill(Pattern, offset + from, piece[(int)from..(int)to]);
        }
    }
}
