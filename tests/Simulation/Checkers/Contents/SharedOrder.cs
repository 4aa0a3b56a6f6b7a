namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// What one read tells about the order of whole writes: the one that is seen in a range came last of all that are in the file and cover it.
/// An order in which a write comes before itself means that a commit was seen in part.
/// </summary>
internal sealed class SharedOrder(SharedFile file)
{
    private readonly List<(long From, SharedWrite? Owner, List<SharedWrite> Covering)> _ranges = [];
    private readonly SortedDictionary<int, SharedWrite> _present = [];

    /// <summary>A range that every write covers as a whole or not at all.</summary>
    /// <param name="from">Where it begins.</param>
    /// <param name="owner">The write that it shows; null: it shows zeros, or cannot tell.</param>
    /// <param name="isZero">It shows zeros.</param>
    /// <param name="covering">All writes that cover it.</param>
    /// <param name="visible">Those that are in the file for certain.</param>
    public void Add(long from, SharedWrite? owner, bool isZero, List<SharedWrite> covering, List<SharedWrite> visible)
    {
        foreach (var write in owner is null ? visible : visible.Append(owner))
        {
            _present[write.Number] = write;
        }

        if (isZero || owner is not null)
        {
            _ranges.Add((from, owner, covering));
        }
    }

    public string? FindContradiction()
    {
        var later = _present.Values.ToDictionary(write => write, _ => new List<SharedWrite>());
        foreach (var (from, owner, covering) in _ranges)
        {
            foreach (var write in covering.Where(write => write != owner && _present.ContainsKey(write.Number)))
            {
                if (owner is null)
                {
                    return $"{Name(write)} is seen elsewhere, and not at {from}";
                }

                later[write].Add(owner);
            }
        }

        foreach (var one in _present.Values)
        {
            later[one].AddRange(_present.Values.Where(one.IsBefore));
        }

        return FindCycle(later);
    }

    private string? FindCycle(Dictionary<SharedWrite, List<SharedWrite>> later)
    {
        // Those that nothing precedes are taken away, again and again; a cycle is what stays.
        var earlier = _present.Values.ToDictionary(write => write, _ => 0);
        foreach (var write in later.Values.SelectMany(writes => writes))
        {
            earlier[write]++;
        }

        var free = new Queue<SharedWrite>(_present.Values.Where(write => earlier[write] == 0));
        int taken = 0;
        while (free.TryDequeue(out var write))
        {
            taken++;
            foreach (var next in later[write].Where(next => --earlier[next] == 0))
            {
                free.Enqueue(next);
            }
        }

        return taken == _present.Count
            ? null
            : $"writes are seen in part: {string.Join(", ", _present.Values.Where(write => earlier[write] > 0).Select(Name))}";
    }

    private string Name(SharedWrite write) => file.Chronicle.NameOf(write.Pattern)!;
}
