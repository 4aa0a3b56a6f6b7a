namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// One handle that reads a <see cref="SharedFile"/>. What it has seen of a write in a place, it goes on seeing, or something newer.
/// </summary>
internal sealed class SharedFileReader
{
    // Where one write ends and another begins, a few bytes may be those of both by chance: 1 in 128 for each.
    private const int ChanceBytes = 3;

    private readonly SharedFile _file;
    private readonly List<SeenRun> _seen = [];
    private long _opened;

    /// <summary>Made just before the file is opened.</summary>
    public SharedFileReader(SharedFile file)
    {
        _file = file;
        _opened = file.Chronicle.Now();
    }

    /// <summary>The moment a refresh begins: to be given to <see cref="EndRefresh"/>.</summary>
    public long BeginRefresh() => _file.Chronicle.Now();

    /// <summary>After a refresh that succeeded.</summary>
    public void EndRefresh(long begun) => _opened = begun;

    /// <summary>After one read call; no bytes: it was told that the file ends at, or before, this offset.</summary>
    public bool EndRead(long offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            long length = Math.Max(_file.LengthBefore(_opened), _seen.Select(run => run.To).DefaultIfEmpty().Max());
            return length <= offset || Blame($"it ended at {offset}, and has at least {length} bytes");
        }

        long end = offset + bytes.Length;
        var writes = _file.WritesIn(offset, end);
        var edges = new SortedSet<long> { offset, end };
        foreach (long edge in writes.SelectMany(write => new[] { write.Start, write.End })
            .Concat(_seen.SelectMany(run => new[] { run.From, run.To })).Where(edge => edge > offset && edge < end))
        {
            edges.Add(edge);
        }

        var owners = new SharedOrder(_file);
        long from = offset;
        foreach (long to in edges.Skip(1))
        {
            var piece = bytes[(int)(from - offset)..(int)(to - offset)];
            if (!TryExplain(from, piece, writes.FindAll(write => write.Covers(from, to)), owners))
            {
                return false;
            }

            from = to;
        }

        return !_file.CommitsWhole || owners.FindContradiction() is not { } contradiction || Blame(contradiction);
    }

    /// <summary>Finds where the bytes come from, in a range that every write covers as a whole or not at all.</summary>
    private bool TryExplain(long from, ReadOnlySpan<byte> piece, List<SharedWrite> covering, SharedOrder order)
    {
        long to = from + piece.Length;
        var visible = covering.FindAll(
            write => write.Acknowledged < _opened || _seen.Exists(run => run.Write == write && run.Covers(from, to)));
        var allowed = covering.FindAll(write => !visible.Exists(write.IsBefore));
        bool mayBeZero = visible.Count == 0;
        for (int at = 0; at < piece.Length;)
        {
            var (length, write) = FindLongest(from + at, piece[at..], allowed, mayBeZero);
            if (length == 0 || (_file.CommitsWhole && length < piece.Length))
            {
                string what = length == 0 ? "old or foreign bytes" : "a part of a write";
                return Blame($"{what} at {from + at}: {Describe(from, piece)}; could be {string.Join(" or ", allowed.Select(Name))}");
            }

            int certain = length == piece.Length - at ? length : length - ChanceBytes;
            if (write is not null && certain > 0)
            {
                _seen.Add(new SeenRun(write, from + at, from + at + certain));
            }

            if (length == piece.Length)
            {
                order.Add(from, write, isZero: piece[0] == 0, covering, visible);
            }

            at += length;
        }

        return true;
    }

    /// <summary>The write that explains the most bytes; none when they are zeros, or when several explain as many.</summary>
    private static (int Length, SharedWrite? Write) FindLongest(
        long offset, ReadOnlySpan<byte> bytes, List<SharedWrite> allowed, bool mayBeZero)
    {
        int zeros = bytes.IndexOfAnyExcept((byte)0);
        (int Length, SharedWrite? Write) longest = (mayBeZero ? (zeros < 0 ? bytes.Length : zeros) : 0, null);
        foreach (var write in allowed)
        {
            int length = Pattern.CountMatching(write.Pattern, offset, bytes);
            longest = length > longest.Length ? (length, write) : length == longest.Length ? (length, null) : longest;
        }

        return longest;
    }

    private string Describe(long offset, ReadOnlySpan<byte> bytes) => Pattern.Describe(offset, bytes, _file.Chronicle.NameOf);

    private string Name(SharedWrite write) => _file.Chronicle.NameOf(write.Pattern)!;

    private bool Blame(string what)
    {
        _file.Chronicle.Blame($"{_file.Path}, opened at {_file.Chronicle.TimeOf(_opened)}: {what}");
        return false;
    }

    /// <summary>Bytes of a write that this handle has seen.</summary>
    private readonly record struct SeenRun(SharedWrite Write, long From, long To)
    {
        public bool Covers(long from, long to) => From <= from && to <= To;
    }
}
