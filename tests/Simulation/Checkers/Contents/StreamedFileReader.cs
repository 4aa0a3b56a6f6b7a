using System.Buffers;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// One handle that reads a <see cref="StreamedFile"/>. Each of its reads gives bytes of one state of the file; it takes the earliest state
/// that fits, because that leaves the most to the reads that follow.
/// </summary>
internal sealed class StreamedFileReader
{
    private readonly StreamedFile _file;
    private readonly long _opened;

    // The state this handle has come to: so many changes, and so many bytes of the next one.
    private int _changes;
    private long _prefix;

    /// <summary>Made just before the file is opened.</summary>
    public StreamedFileReader(StreamedFile file)
    {
        _file = file;
        _opened = file.Chronicle.Now();
        _changes = file.Acknowledged;
    }

    /// <summary>What a refresh that begins now will show at least: to be given to <see cref="EndRefresh"/>.</summary>
    public int BeginRefresh() => _file.Acknowledged;

    /// <summary>After a refresh that succeeded.</summary>
    public void EndRefresh(int begun)
    {
        if (begun > _changes)
        {
            _changes = begun;
            _prefix = 0;
        }
    }

    /// <summary>After one read call; no bytes: it was told that the file ends at, or before, this offset.</summary>
    public bool EndRead(long offset, ReadOnlySpan<byte> bytes)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length, 1));
        var content = rented.AsSpan(0, bytes.Length);
        if (_changes > _file.Begun)
        {
            // What this one has seen was refused since, and blamed then.
            _changes = _file.Begun;
            _prefix = 0;
        }

        int lowest = _changes;
        _file.Render(lowest, offset, content);
        bool fits = TryFit(offset, bytes, content);
        ArrayPool<byte>.Shared.Return(rented);
        if (!fits)
        {
            Blame(lowest, offset, bytes);
        }

        return fits;
    }

    private bool TryFit(long offset, ReadOnlySpan<byte> bytes, Span<byte> content)
    {
        long atLeast = _prefix;
        for (int changes = _changes; ; changes++)
        {
            var read = new StreamedRead(_file, changes, offset);
            long prefix = bytes.IsEmpty ? read.FindPrefixAtEnd(atLeast) : read.FindPrefix(atLeast, bytes, content);
            if (prefix >= 0)
            {
                _changes = changes;
                _prefix = prefix;
                _file.NoteSeen(prefix > 0 ? changes + 1 : changes);
                return true;
            }

            if (changes == _file.Begun)
            {
                return false;
            }

            _file.ChangeAt(changes).Apply(offset, content);
            atLeast = 0;
        }
    }

    private void Blame(int lowest, long offset, ReadOnlySpan<byte> bytes)
    {
        string nextText = lowest < _file.Begun ? $", change {lowest + 1} of {_file.Begun} begun" : "";
        string seen = bytes.IsEmpty ? "the end of the file" : Pattern.Describe(offset, bytes, _file.Chronicle.NameOf);
        byte[] expected = new byte[bytes.Length];
        _file.Render(lowest, offset, expected);
        string wanted = bytes.IsEmpty
            ? $"a length of {_file.LengthAfter(lowest)}"
            : $"{Pattern.Describe(offset, expected, _file.Chronicle.NameOf)} (length {_file.LengthAfter(lowest)})";
        _file.Chronicle.Blame(
            $"{_file.Path}, opened at {_file.Chronicle.TimeOf(_opened)}: {bytes.Length} bytes read at {offset} are of no state of the file "
            + $"from {lowest} changes on{nextText}. Read: {seen}. After {lowest} changes it was: {wanted}");
    }
}
