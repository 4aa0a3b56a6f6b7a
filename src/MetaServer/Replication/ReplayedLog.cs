using DfsNet.Consensus;
using DfsNet.Storage.Journals;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// What the records of a log come to, read in order: a later record at an index supersedes what stood at and above it. The log may begin
/// with records that were superseded since, so what it must hold is judged at its end. Of the entries that the store has applied only the
/// newest are kept, for followers that lag.
/// </summary>
internal sealed class ReplayedLog(LogPoint applied)
{
    private const ulong AppliedKept = 4_096;

    private readonly List<Entry> _entries = [];
    private readonly List<(ulong Index, long Position)> _positions = [];
    private LogPoint? _start;
    private ulong _first;
    private LogPoint _last;
    private LogPoint _atApplied;

    /// <summary>The entry before the first of <see cref="Entries"/>.</summary>
    public LogPoint Start => _start ?? applied;

    /// <summary>Entries behind <see cref="Start"/>, which is applied, without gaps.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>Where each entry stands, also those that are applied.</summary>
    public IReadOnlyList<(ulong Index, long Position)> Positions => _positions;

    /// <summary>The newest entry, or the snapshot that everything else stands behind.</summary>
    public LogPoint Last => _last;

    public bool IsEmpty => _first == 0;

    /// <summary>The newest snapshot that was installed, or (0, 0).</summary>
    public LogPoint Base { get; private set; }

    /// <summary>Records found behind entries that were given up for lack of space.</summary>
    public int Ignored { get; private set; }

    public void Take(JournalRecord record)
    {
        // The scan uses its buffer again.
        var entry = LogEntryFormat.Read(record.Payload.ToArray(), out bool isBase);
        if (entry.Point.Index == 0)
        {
            throw LogEntryFormat.Corrupt("an entry has no number");
        }

        if (isBase)
        {
            Base = entry.Point;
            Begin(entry.Point.Index + 1, entry.Point);
            _positions.Add((entry.Point.Index, record.Position));
        }
        else if (_first != 0 && entry.Point.Index > _last.Index + 1)
        {
            // Written behind entries that were refused for lack of space: never acknowledged, never applied, its number was used again.
            // A hole that damage tore is found by the journal, which counts its batches.
            Ignored++;
        }
        else
        {
            Put(entry, record.Position);
        }
    }

    /// <summary>The first entry of a log that was empty.</summary>
    public void Found(Entry first, long position) => Put(first, position);

    /// <summary>Checks the whole against what the store has applied.</summary>
    public void RequireWhole()
    {
        if (IsEmpty)
        {
            return;
        }

        if (_first > applied.Index + 1)
        {
            throw LogEntryFormat.Corrupt($"it begins with entry {_first}, but the store has applied only entry {applied.Index}");
        }

        if (_last.Index < applied.Index)
        {
            throw LogEntryFormat.Corrupt($"it ends at entry {_last.Index}, but the store has applied entry {applied.Index}");
        }

        if (_first <= applied.Index && _atApplied != applied)
        {
            throw LogEntryFormat.Corrupt($"entry {_atApplied} stands where the store has applied entry {applied}");
        }
    }

    private void Put(Entry entry, long position)
    {
        if (entry.Point.Index < _first || _first == 0)
        {
            Begin(entry.Point.Index, default);
        }
        else if (entry.Point.Index <= _last.Index)
        {
            _positions.RemoveAll(known => known.Index >= entry.Point.Index);
            _entries.RemoveAll(known => known.Point.Index >= entry.Point.Index);
        }
        else if (entry.Point.Term < _last.Term)
        {
            throw LogEntryFormat.Corrupt($"entry {entry.Point} follows entry {_last}");
        }

        _last = entry.Point;
        _positions.Add((entry.Point.Index, position));
        Keep(entry);
        if (entry.Point.Index == applied.Index)
        {
            _atApplied = entry.Point;
        }
    }

    private void Keep(Entry entry)
    {
        ulong index = entry.Point.Index;
        bool follows = _entries.Count > 0 || index == Start.Index + 1;
        if (index <= applied.Index && (!follows || index + AppliedKept <= applied.Index))
        {
            _start = entry.Point;
            _entries.Clear();
            return;
        }

        _entries.Add(entry);
    }

    private void Begin(ulong first, LogPoint last)
    {
        _first = first;
        _last = last;
        _start = last.Index != 0 ? last : first == 1 ? default(LogPoint) : null;
        _entries.Clear();
        _positions.Clear();
        _atApplied = last.Index == applied.Index ? last : _atApplied;
    }
}
