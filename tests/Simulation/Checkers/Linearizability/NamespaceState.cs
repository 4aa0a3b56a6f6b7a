namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>The names below a workload's directory. Immutable; what did not change is shared with the state before.</summary>
internal sealed class NamespaceState
{
    private readonly NameEntry[] _entries;

    // Calls that found a file whose inode may have vanished since; ascending.
    private readonly int[] _lost;

    private NamespaceState(NameEntry[] entries, int[] lost)
    {
        _entries = entries;
        _lost = lost;
        foreach (var entry in entries)
        {
            Hash ^= entry.Hash;
        }

        foreach (int call in lost)
        {
            Hash ^= Mixing.Scramble(~(ulong)call);
        }
    }

    public static NamespaceState Empty { get; } = new([], []);

    public ulong Hash { get; }

    /// <summary>In the order of their paths.</summary>
    public ReadOnlySpan<NameEntry> Entries => _entries;

    public NameEntry? Find(string path)
    {
        int place = PlaceOf(path);
        return place >= 0 ? _entries[place] : null;
    }

    public NameEntry? FindFoundBy(int call) => Array.Find(_entries, entry => Array.IndexOf(entry.FoundBy, call) >= 0);

    public bool IsLost(int call) => Array.IndexOf(_lost, call) >= 0;

    public int CountIn(string below)
    {
        int count = 0;
        foreach (var entry in _entries)
        {
            count += entry.IsIn(below) ? 1 : 0;
        }

        return count;
    }

    public bool HasEntriesIn(string below)
    {
        // The first path not before it: everything below a directory stands together.
        int place = ~PlaceOf(below);
        return place >= 0 && place < _entries.Length && _entries[place].Path.StartsWith(below, StringComparison.Ordinal);
    }

    /// <summary>With the entry, in the place of the one of the same path.</summary>
    public NamespaceState With(NameEntry entry)
    {
        int place = PlaceOf(entry.Path);
        if (place >= 0)
        {
            var changed = (NameEntry[])_entries.Clone();
            changed[place] = entry;
            return new NamespaceState(changed, _lost);
        }

        var longer = new NameEntry[_entries.Length + 1];
        Array.Copy(_entries, longer, ~place);
        longer[~place] = entry;
        Array.Copy(_entries, ~place, longer, ~place + 1, _entries.Length - ~place);
        return new NamespaceState(longer, _lost);
    }

    public NamespaceState Without(NameEntry entry) => new([.. _entries.Where(other => other.Path != entry.Path)], _lost);

    /// <summary>Everything at and below a path goes elsewhere, where nothing is.</summary>
    public NamespaceState WithMoved(NamePath source, NamePath target)
    {
        var moved = new NameEntry[_entries.Length];
        for (int i = 0; i < moved.Length; i++)
        {
            var entry = _entries[i];
            bool moves = entry.Path == source.Text || entry.Path.StartsWith(source.Below, StringComparison.Ordinal);
            moved[i] = moves ? entry.MovedTo(target.Text + entry.Path[source.Text.Length..]) : entry;
        }

        Array.Sort(moved, static (one, other) => string.CompareOrdinal(one.Path, other.Path));
        return new NamespaceState(moved, _lost);
    }

    /// <summary>Calls that found this file may find its inode gone.</summary>
    public NamespaceState WithLost(NameEntry entry) =>
        entry.FoundBy.Length == 0 ? this : new NamespaceState(_entries, [.. _lost.Union(entry.FoundBy).Order()]);

    /// <summary>The call has ended: what it found matters no more.</summary>
    public NamespaceState WithoutCall(int call)
    {
        var state = FindFoundBy(call) is { } entry ? With(entry.Forgotten(call)) : this;
        return state.IsLost(call) ? new NamespaceState(state._entries, [.. state._lost.Where(other => other != call)]) : state;
    }

    public bool IsSame(NamespaceState other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (Hash != other.Hash || _entries.Length != other._entries.Length || !_lost.AsSpan().SequenceEqual(other._lost))
        {
            return false;
        }

        for (int i = 0; i < _entries.Length; i++)
        {
            if (!_entries[i].IsSame(other._entries[i]))
            {
                return false;
            }
        }

        return true;
    }

    private int PlaceOf(string path)
    {
        int low = 0;
        int high = _entries.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = string.CompareOrdinal(_entries[middle].Path, path);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
