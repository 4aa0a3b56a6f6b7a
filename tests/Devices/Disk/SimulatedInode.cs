namespace DfsNet.Devices;

/// <summary>The content of one file, twice: as processes see it, and as it would be after the power failed.</summary>
internal sealed class SimulatedInode
{
    public const int SectorBytes = 512;

    private readonly SparseBytes _live = new();
    private readonly SparseBytes _durable = new();
    private readonly HashSet<long> _dirty = [];
    private long _durableLength;
    private long _reservedBytes;

    public long Length { get; private set; }

    /// <summary>What the file takes from the disk's capacity.</summary>
    public long OccupiedBytes => Math.Max(Length, _reservedBytes);

    public int Read(long offset, Span<byte> target)
    {
        int count = (int)Math.Clamp(Length - offset, 0, target.Length);
        _live.Read(offset, target[..count]);
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        _live.Write(offset, data);
        Length = Math.Max(Length, offset + data.Length);
        for (long sector = offset / SectorBytes; sector <= (offset + data.Length - 1) / SectorBytes; sector++)
        {
            _dirty.Add(sector);
        }
    }

    public void Reserve(long length) => _reservedBytes = Math.Max(_reservedBytes, length);

    public void SetLength(long length)
    {
        if (length < Length)
        {
            _live.Cut(length);
            for (long sector = length / SectorBytes; sector <= (Length - 1) / SectorBytes; sector++)
            {
                _dirty.Add(sector);
            }
        }

        Length = length;
        _reservedBytes = 0;
    }

    public void Flush()
    {
        foreach (long sector in _dirty)
        {
            Keep(sector, SectorBytes);
        }

        _dirty.Clear();
        _durableLength = Length;
        _durable.Cut(Length);
    }

    /// <summary>Some sectors reached the disk; the others stay visible, are taken for clean, and no later flush writes them.</summary>
    public void FailFlush(Random random)
    {
        foreach (long sector in _dirty.Order().ToArray())
        {
            if (random.Next(2) == 0)
            {
                Keep(sector, SectorBytes);
            }
        }

        _dirty.Clear();
    }

    /// <summary>Every dirty sector is kept, lost or torn; the length is the old, the new or one between.</summary>
    public void Crash(Random random)
    {
        foreach (long sector in _dirty.Order().ToArray())
        {
            switch (random.Next(3))
            {
                case 0:
                    Keep(sector, SectorBytes);
                    break;
                case 1:
                    Keep(sector, random.Next(1, SectorBytes));
                    break;
            }
        }

        _dirty.Clear();
        if (_durableLength != Length)
        {
            long low = Math.Min(_durableLength, Length);
            long high = Math.Max(_durableLength, Length);
            _durableLength = random.Next(4) switch { 0 => low, 1 => random.NextInt64(low, high + 1), _ => high };
        }

        _durable.Cut(_durableLength);
        _live.CopyFrom(_durable);
        Length = _durableLength;
        _reservedBytes = 0;
    }

    /// <summary>Changes both images without anybody noticing.</summary>
    public void Rot(long offset, ReadOnlySpan<byte> data)
    {
        _live.Write(offset, data);
        _durable.Write(offset, data);
    }

    private void Keep(long sector, int bytes)
    {
        Span<byte> content = stackalloc byte[SectorBytes];
        _live.Read(sector * SectorBytes, content);
        _durable.Write(sector * SectorBytes, content[..bytes]);
    }
}
