using DfsNet.Simulation.Checkers.Linearizability;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// One handle that reads a file whose content is only ever stored as a whole, replaced as a whole, and removed. Each read gives
/// bytes of one stored content. At first that is none that another change had certainly followed before the handle was opened; later none
/// that certainly came before one that this handle has seen, and none that it has left; and what was stored after the name was removed,
/// behind the opening, belongs to another file. Only what was written into the file itself after it lost its name may still come.
/// </summary>
internal sealed class ReplacedFileReader
{
    private readonly NamespaceHistory _history;
    private readonly string _path;
    private readonly HashSet<RecordedCall> _left = [];

    // Contents over which later bytes of the same file were seen: they are left as a whole.
    private readonly HashSet<RecordedCall> _filled = [];
    private readonly long _begun;
    private long _opened = long.MaxValue;
    private RecordedCall? _present;

    // What certainly ended before this moment is over for this handle.
    private long _floor;

    /// <summary>Made just before the file is opened.</summary>
    public ReplacedFileReader(NamespaceHistory history, string path)
    {
        _history = history;
        _path = path;
        _begun = history.Chronicle.Now();
        _floor = Changes().Where(call => IsDone(call) && call.Ended < _begun).Select(call => call.Begun).DefaultIfEmpty(-1).Max();
    }

    /// <summary>Contents that were seen for certain.</summary>
    public IEnumerable<RecordedCall> Seen => _present is null ? _left : _left.Append(_present);

    /// <summary>Just after the file was opened.</summary>
    public void EndOpen() => _opened = _history.Chronicle.Now();

    /// <summary>Whether the file of this handle may have been removed or replaced by now.</summary>
    public bool MayBeGone() => Changes().Any(call => call.Outcome != Outcome.Refused && call != _present && EndOf(call) > _begun);

    /// <summary>After one read call; no bytes: it was told that the file ends at, or before, this offset.</summary>
    public bool EndRead(long offset, ReadOnlySpan<byte> bytes)
    {
        RecordedCall? fitting = null;
        bool isAmbiguous = false;
        foreach (var call in Changes())
        {
            if (call.Operation is PutCall put && Fits(put, offset, bytes) && IsAllowed(call) && !_filled.Contains(call))
            {
                isAmbiguous |= fitting is not null;
                fitting = call;
            }
        }

        fitting ??= FindFilled(offset, bytes);
        if (fitting is null)
        {
            Blame(offset, bytes);
            return false;
        }

        if (!isAmbiguous && fitting != _present)
        {
            if (_present is not null)
            {
                _left.Add(_present);
            }

            _present = fitting;
            _floor = Math.Max(_floor, fitting.Begun);
        }

        return true;
    }

    /// <summary>
    /// The file of this handle, with what was written into it after it had lost its name: over nothing, or over what others had stored in
    /// it before that.
    /// </summary>
    private RecordedCall? FindFilled(long offset, ReadOnlySpan<byte> bytes)
    {
        foreach (var (made, content) in _history.WrittenIntoRemoved)
        {
            if (content.Path.Text != _path || made.Outcome == Outcome.Refused || IsOfAnotherFile(made))
            {
                continue;
            }

            foreach (var call in Changes())
            {
                if (call.Operation is PutCall below && EndOf(call) >= made.Begun && IsAllowed(call)
                    && FitsOver(content, below, offset, bytes))
                {
                    _filled.Add(made);
                    _filled.Add(call);
                    if (call != made)
                    {
                        _left.Add(made);
                    }

                    return call;
                }
            }
        }

        return null;
    }

    private static bool FitsOver(PutCall content, PutCall below, long offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return Fits(content, offset, bytes) && Fits(below, offset, bytes);
        }

        int over = (int)Math.Clamp(content.Length - offset, 0, bytes.Length);
        return (over == 0 || Fits(content, offset, bytes[..over]))
            && (over == bytes.Length || Fits(below, offset + over, bytes[over..]));
    }

    private static bool IsDone(RecordedCall call) => call.Outcome == Outcome.Done;

    // What has no known outcome may still happen.
    private static long EndOf(RecordedCall call) => IsDone(call) ? call.Ended : long.MaxValue;

    private static bool Fits(PutCall put, long offset, ReadOnlySpan<byte> bytes) => bytes.IsEmpty
        ? put.Length <= offset
        : offset + bytes.Length <= put.Length && Pattern.CountMatching(put.Pattern, offset, bytes) == bytes.Length;

    private IEnumerable<RecordedCall> Changes() => _history.Calls.Where(
        call => call.Operation is PutCall or DeleteCall && call.Operation.Path.Text == _path);

    private bool IsAllowed(RecordedCall put) =>
        put.Outcome != Outcome.Refused && EndOf(put) >= _floor && !_left.Contains(put) && !IsOfAnotherFile(put);

    private bool IsOfAnotherFile(RecordedCall put) => Changes().Any(
        call => call.Operation is DeleteCall && IsDone(call) && call.Begun > _opened && put.Begun > call.Ended);

    private void Blame(long offset, ReadOnlySpan<byte> bytes)
    {
        var chronicle = _history.Chronicle;
        string seen = bytes.IsEmpty ? "the end of the file" : Pattern.Describe(offset, bytes, chronicle.NameOf);
        var allowed = Changes().Where(call => call.Operation is PutCall && IsAllowed(call)).Select(Describe);
        var others = Changes().Where(call => call.Operation is not PutCall || !IsAllowed(call)).Select(Describe);
        chronicle.Blame(
            $"{_path}, opened at {chronicle.TimeOf(_begun)}: {bytes.Length} bytes read at {offset} are {seen}; "
            + $"it could be: {string.Join("; ", allowed)}; and not: {string.Join("; ", others)}");
    }

    private string Describe(RecordedCall call)
    {
        var chronicle = _history.Chronicle;
        string until = call.Outcome == Outcome.Unknown ? "?" : chronicle.TimeOf(call.Ended);
        return $"{call.Operation} ({call.Outcome}, {chronicle.TimeOf(call.Begun)} to {until})";
    }
}
