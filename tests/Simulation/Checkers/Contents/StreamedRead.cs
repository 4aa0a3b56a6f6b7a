namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// Whether a read fits the file after <paramref name="changes"/> changes and a prefix of the next one, and how long that is at least.
/// </summary>
internal readonly struct StreamedRead(StreamedFile file, int changes, long offset)
{
    private const long NoFit = -1;

    private readonly long _length = file.LengthAfter(changes);

    // With nothing more to come the next change is empty.
    private readonly FileChange _next = changes < file.Begun ? file.ChangeAt(changes) : new FileChange(0, 0, 0);

    /// <summary>The file ended at <paramref name="offset"/> or before it. Negative: that cannot be.</summary>
    public long FindPrefixAtEnd(long atLeast)
    {
        bool fits = _length <= offset && (atLeast == 0 || _next.Start + atLeast <= offset);
        return fits ? atLeast : NoFit;
    }

    /// <summary>The shortest prefix with which these bytes were there; negative: none.</summary>
    /// <param name="atLeast">What this reader has seen of the change before.</param>
    /// <param name="bytes">What was read.</param>
    /// <param name="content">What the file held there before the change.</param>
    public long FindPrefix(long atLeast, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> content)
    {
        long end = offset + bytes.Length;
        if (_next.IsTruncation)
        {
            return _length >= end && bytes.SequenceEqual(content) ? 0 : NoFit;
        }

        int from = (int)Math.Clamp(_next.Start - offset, 0, bytes.Length);
        int to = (int)Math.Clamp(_next.End - offset, from, bytes.Length);
        bool isThere = end <= Math.Max(_length, _next.End);
        if (!isThere || !bytes[..from].SequenceEqual(content[..from]) || !bytes[to..].SequenceEqual(content[to..]))
        {
            return NoFit;
        }

        // Bytes behind the old end are there once the prefix reaches them; a hole before the change is, once any of the change is.
        long shortest = end <= _length ? 0 : Math.Max(1, end - _next.Start);
        shortest = Math.Max(shortest, atLeast);
        long longest = _next.End - _next.Start;
        if (from < to)
        {
            long start = offset + from - _next.Start;
            int matching = Pattern.CountMatching(_next.Pattern, offset + from, bytes[from..to]);
            longest = matching < to - from ? start + matching : longest;
            int old = CountMatchingAtEnd(bytes[from..to], content[from..to]);
            shortest = old < to - from ? Math.Max(shortest, start + (to - from) - old) : shortest;
        }

        return shortest <= longest ? shortest : NoFit;
    }

    private static int CountMatchingAtEnd(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        int matching = 0;
        while (matching < one.Length && one[^(matching + 1)] == other[^(matching + 1)])
        {
            matching++;
        }

        return matching;
    }
}
