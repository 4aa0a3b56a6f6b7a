namespace DfsNet.Devices;

/// <summary>The content of one file, twice: as processes see it, and as it would be after the power failed.</summary>
internal sealed class SimulatedInode(DiskFaultCounts counts)
{
    public const int SectorBytes = 512;

    private readonly SparseBytes _live = new();
    private readonly SparseBytes _durable = new();
    private readonly DirtySectors _dirty = new();

    // Look written and are not, since a flush failed: the images differ here though nothing is dirty.
    private readonly List<SectorRun> _lost = [];
    private readonly List<SectorRun> _taken = [];
    private readonly List<BadSectors> _bad = [];
    private long _flushesBegun;
    private long _flushFailed;
    private long _lengthFlush;
    private long _durableLength;
    private long _reservedBytes;

    public long Length { get; private set; }

    /// <summary>How many paths lead to it; without any, only handles keep it.</summary>
    public int NameCount { get; set; }

    /// <summary>What the file takes from the disk's capacity.</summary>
    public long OccupiedBytes => Math.Max(Length, _reservedBytes);

    public int Read(long offset, Span<byte> target)
    {
        int count = (int)Math.Clamp(Length - offset, 0, target.Length);
        _live.Read(offset, target[..count]);
        return count;
    }

    /// <summary>Whether a read of this range meets an unreadable sector; a transient one is used up by it.</summary>
    public bool MeetsBadSector(long offset, int count)
    {
        int met = _bad.FindIndex(bad => bad.Offset < offset + count && offset < bad.End);
        if (met < 0)
        {
            return false;
        }

        if (_bad[met].IsTransient)
        {
            _bad.RemoveAt(met);
        }

        return true;
    }

    /// <summary>The sectors of a range cannot be read until they are written again, or once if that is transient.</summary>
    public void Break(long offset, long count, bool isTransient) =>
        _bad.Add(new BadSectors(offset / SectorBytes * SectorBytes, EndOf(offset + count) * SectorBytes, isTransient));

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        _live.Write(offset, data);
        Extend(offset + data.Length);
        _dirty.Add(offset / SectorBytes, EndOf(offset + data.Length), _flushesBegun);
        if (_bad.Count > 0)
        {
            Mend(offset, offset + data.Length);
        }
    }

    /// <summary>The file grows as by a write whose bytes go nowhere.</summary>
    public void Extend(long length) => Length = Math.Max(Length, length);

    public void Reserve(long length) => _reservedBytes = Math.Max(_reservedBytes, length);

    public void SetLength(long length)
    {
        if (length < Length)
        {
            _live.Cut(length);
            _dirty.Add(length / SectorBytes, EndOf(Length), _flushesBegun);
        }

        Length = length;
        _reservedBytes = 0;
    }

    /// <summary>What is written from now on is no concern of this flush.</summary>
    public FlushMark BeginFlush() => new(++_flushesBegun, Length);

    /// <summary>Whether another flush failed since this one began: then this one hears of it too.</summary>
    public bool FailedSince(FlushMark flush) => _flushFailed >= flush.Number;

    public void Flush(FlushMark flush)
    {
        foreach (var run in TakeDirty(flush))
        {
            _durable.CopyFrom(_live, run.First * SectorBytes, run.End * SectorBytes);
        }

        if (_lengthFlush < flush.Number)
        {
            _lengthFlush = flush.Number;
            long length = Math.Min(flush.Length, Length);
            if (length < _durableLength)
            {
                _durable.Cut(length);
            }

            _durableLength = length;
        }
    }

    /// <summary>Some sectors reached the disk; the others stay visible, are taken for clean, and no later flush writes them.</summary>
    public void FailFlush(FlushMark flush, Random random)
    {
        _flushFailed = _flushesBegun;
        foreach (var run in TakeDirty(flush))
        {
            for (long sector = run.First; sector < run.End; sector++)
            {
                if (random.Next(2) == 0)
                {
                    Keep(sector, SectorBytes);
                }
                else
                {
                    counts.Note(DiskFault.SectorLostByFlush);
                    _lost.Add(new SectorRun(sector, sector + 1, 0));
                }
            }
        }
    }

    /// <summary>Every dirty sector is kept, lost or torn; the length is the old, the new or one between.</summary>
    public void Crash(Random random)
    {
        foreach (var run in _dirty.Runs)
        {
            for (long sector = run.First; sector < run.End; sector++)
            {
                CrashSector(sector, random);
            }
        }

        if (_durableLength != Length)
        {
            counts.Note(DiskFault.LengthLeftOpen);
            long low = Math.Min(_durableLength, Length);
            long high = Math.Max(_durableLength, Length);
            _durableLength = random.Next(4) switch { 0 => low, 1 => random.NextInt64(low, high + 1), _ => high };
        }

        _durable.Cut(_durableLength);
        _live.Cut(_durableLength);
        Restore(_dirty.Runs);
        Restore(_lost);
        _dirty.Clear();
        _lost.Clear();
        Length = _durableLength;
        _reservedBytes = 0;
    }

    /// <summary>Changes both images without anybody noticing.</summary>
    public void Rot(long offset, ReadOnlySpan<byte> data)
    {
        _live.Write(offset, data);
        _durable.Write(offset, data);
    }

    private static long EndOf(long offset) => (offset + SectorBytes - 1) / SectorBytes;

    private void CrashSector(long sector, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                Keep(sector, SectorBytes);
                break;
            case 1:
                Keep(sector, random.Next(1, SectorBytes));
                counts.Note(DiskFault.TornSector);
                break;
            default:
                counts.Note(DiskFault.LostSector);
                break;
        }
    }

    private void Keep(long sector, int bytes) => _durable.CopyFrom(_live, sector * SectorBytes, (sector * SectorBytes) + bytes);

    private void Restore(IReadOnlyList<SectorRun> runs)
    {
        foreach (var run in runs)
        {
            _live.CopyFrom(_durable, run.First * SectorBytes, run.End * SectorBytes);
        }
    }

    private List<SectorRun> TakeDirty(FlushMark flush)
    {
        _taken.Clear();
        _dirty.Take(flush.Number, _taken);
        return _taken;
    }

    // A write gives an unreadable sector new content, or moves it to a spare one.
    private void Mend(long from, long to)
    {
        foreach (var bad in _bad.Where(bad => bad.Offset < to && from < bad.End).ToArray())
        {
            _bad.Remove(bad);
            long before = from / SectorBytes * SectorBytes;
            long behind = EndOf(to) * SectorBytes;
            if (bad.Offset < before)
            {
                _bad.Add(bad with { End = before });
            }

            if (behind < bad.End)
            {
                _bad.Add(bad with { Offset = behind });
            }
        }
    }

    /// <summary>A range of whole sectors that cannot be read.</summary>
    private readonly record struct BadSectors(long Offset, long End, bool IsTransient);
}

/// <summary>Where a flush began: its number among the flushes of its file, and the length it makes durable.</summary>
internal readonly record struct FlushMark(long Number, long Length);
