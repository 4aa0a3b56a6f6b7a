using DfsNet.Integrity;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>
/// A file's map while one command changes it: slices lie side by side in file order and never overlap; what lies between them is zero.
/// </summary>
internal sealed class SliceMap
{
    private const uint NoCrc = 0;

    private readonly CommandContext _context;
    private readonly MapId _map;
    private readonly MapRecord _record;

    private SliceMap(CommandContext context, MapId map)
    {
        _context = context;
        _map = map;
        _record = context.State.Require(Keys.Map(map));
    }

    public ulong Length => _record.Length;

    public ulong Version => _record.Version;

    public static SliceMap Open(CommandContext context, MapId map) => new(context, map);

    /// <summary>Maps slices over whatever the file held there; offsets are relative to <paramref name="origin"/>.</summary>
    public void Write(ulong origin, IReadOnlyCollection<SliceWrite> slices)
    {
        foreach (var slice in slices)
        {
            ulong start = origin + slice.FileOffset;
            Cut(start, start + slice.Length);
            Place(start, new SliceRecord
            {
                ChunkId = slice.ChunkId,
                ChunkOffset = slice.ChunkOffset,
                Length = slice.Length,
                Crc = slice.Length <= Limits.BlockSize ? slice.Crc : NoCrc,
            });
            SetLength(Math.Max(Length, start + slice.Length));
            RequireRoom();
        }
    }

    /// <summary>
    /// Changes the length. A shorter one drops slices from the end, at most <paramref name="slicesMax"/>: true when more are left, and the
    /// file is as long as what remains.
    /// </summary>
    public bool Truncate(ulong length, int slicesMax)
    {
        int dropped = 0;
        foreach (var (key, slice) in _context.State.ScanBack(Keys.Slices(_map, 0, Length)))
        {
            ulong start = Keys.IdAt(key, 1);
            if (start >= length && dropped == slicesMax)
            {
                SetLength(start + slice.Length);
                return true;
            }

            if (start >= length)
            {
                Remove(start, slice);
                dropped++;
                continue;
            }

            if (start + slice.Length > length)
            {
                SliceRows.Resize(_context, _map, start, slice, (uint)(length - start), NoCrc);
            }

            break;
        }

        SetLength(length);
        return false;
    }

    /// <summary>Stores what changed, as a new version of the content.</summary>
    public void Save()
    {
        _record.Version++;
        _context.State.Put(Keys.Map(_map), _record);
    }

    /// <summary>Frees [start, end): slices inside go, those across an edge keep what lies outside.</summary>
    private void Cut(ulong start, ulong end)
    {
        if (start >= Length)
        {
            return;
        }

        if (FindBefore(start) is (var before, var left) && before + left.Length > start)
        {
            ulong leftEnd = before + left.Length;
            if (leftEnd > end)
            {
                Add(end, Tail(left, before, end));
            }

            SliceRows.Resize(_context, _map, before, left, (uint)(start - before), NoCrc);
        }

        foreach (var (key, slice) in _context.State.Scan(Keys.Slices(_map, start, end)))
        {
            ulong inner = Keys.IdAt(key, 1);
            Remove(inner, slice);
            if (inner + slice.Length > end)
            {
                Add(end, Tail(slice, inner, end));
            }

            RequireRoom();
        }
    }

    /// <summary>Puts a slice into free room; one that continues its predecessor in file and chunk extends it.</summary>
    private void Place(ulong start, SliceRecord slice)
    {
        if (FindBefore(start) is (var before, var left)
            && before + left.Length == start && left.ChunkId == slice.ChunkId && left.ChunkOffset + left.Length == slice.ChunkOffset)
        {
            uint length = left.Length + slice.Length;
            bool isChecked = left.Crc != NoCrc && slice.Crc != NoCrc && length <= Limits.BlockSize;
            uint crc = isChecked ? Crc32C.Combine(left.Crc, slice.Crc, slice.Length) : NoCrc;
            SliceRows.Resize(_context, _map, before, left, length, crc);
        }
        else
        {
            Add(start, slice);
        }
    }

    /// <summary>The last slice that begins before an offset.</summary>
    private (ulong Start, SliceRecord Slice)? FindBefore(ulong offset)
    {
        if (_record.Slices == 0)
        {
            return null;
        }

        foreach (var (key, slice) in _context.State.ScanBack(Keys.Slices(_map, 0, offset)))
        {
            return (Keys.IdAt(key, 1), slice);
        }

        return null;
    }

    /// <summary>What a slice that begins at <paramref name="start"/> holds from <paramref name="from"/> on.</summary>
    private static SliceRecord Tail(SliceRecord slice, ulong start, ulong from)
    {
        uint skipped = (uint)(from - start);
        return new SliceRecord { ChunkId = slice.ChunkId, ChunkOffset = slice.ChunkOffset + skipped, Length = slice.Length - skipped };
    }

    private void Add(ulong start, SliceRecord slice)
    {
        SliceRows.Add(_context, _map, start, slice);
        _record.Slices++;
    }

    private void Remove(ulong start, SliceRecord slice)
    {
        SliceRows.Remove(_context, _map, start, slice);
        _record.Slices--;
    }

    private void SetLength(ulong length)
    {
        _context.Counters.LogicalBytes += length - _record.Length;
        _record.Length = length;
    }

    private void RequireRoom()
    {
        if (_context.State.Changes.Count > StateMachine.RecordsMax)
        {
            throw Refusal.Because(
                ErrorCode.LimitExceeded, "the commit replaces or adds too many slices for one command: commit it in shorter pieces");
        }
    }
}
