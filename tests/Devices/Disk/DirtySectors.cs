namespace DfsNet.Devices;

/// <summary>The sectors of a file written and not flushed, as sorted runs; each knows how many flushes had begun before it.</summary>
internal sealed class DirtySectors
{
    private readonly List<SectorRun> _runs = [];

    public IReadOnlyList<SectorRun> Runs => _runs;

    /// <summary>Marks [<paramref name="first"/>, <paramref name="end"/>); a sector that is dirty already keeps its older stamp.</summary>
    public void Add(long first, long end, long stamp)
    {
        int place = _runs.Count;
        while (place > 0 && _runs[place - 1].End > first)
        {
            place--;
        }

        // From the first run that may overlap on: the gaps become dirty. Almost always there is none, or the last run grows.
        for (; first < end; place++)
        {
            long gapEnd = place < _runs.Count ? Math.Min(_runs[place].First, end) : end;
            if (first < gapEnd && !TryExtend(place - 1, first, gapEnd, stamp))
            {
                _runs.Insert(place, new SectorRun(first, gapEnd, stamp));
                place++;
            }

            first = place < _runs.Count ? Math.Max(first, _runs[place].End) : end;
        }
    }

    /// <summary>Moves the runs that a flush covers, those with a stamp below its number, to <paramref name="taken"/>.</summary>
    public void Take(long flush, List<SectorRun> taken)
    {
        int kept = 0;
        for (int i = 0; i < _runs.Count; i++)
        {
            if (_runs[i].Stamp < flush)
            {
                taken.Add(_runs[i]);
            }
            else
            {
                _runs[kept++] = _runs[i];
            }
        }

        _runs.RemoveRange(kept, _runs.Count - kept);
    }

    public void Clear() => _runs.Clear();

    private bool TryExtend(int place, long first, long end, long stamp)
    {
        if (place < 0 || _runs[place].End != first || _runs[place].Stamp != stamp)
        {
            return false;
        }

        _runs[place] = _runs[place] with { End = end };
        return true;
    }
}

/// <summary>The sectors [First, End), dirty since Stamp flushes of their file had begun.</summary>
internal readonly record struct SectorRun(long First, long End, long Stamp);
