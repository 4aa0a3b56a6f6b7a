using DfsNet.Integrity;
using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// The checksums of an open chunk as it grows: one for each finished block, and for recent blocks one at every frame end inside, so
/// that a cut or a prefix at such an end needs no reading back. Not safe for concurrent use: its owner guards it.
/// </summary>
internal sealed class BlockChecksums
{
    private readonly List<uint> _blocks = [];
    private readonly List<FrameEnd> _ends = [];

    // Checksum of the unfinished block so far.
    private uint _partial;

    public int Length { get; private set; }

    /// <summary>CRC32C of all bytes.</summary>
    public uint Digest { get; private set; }

    public IReadOnlyList<uint> Blocks => _blocks;

    public IReadOnlyList<FrameEnd> Ends => _ends;

    public static BlockChecksums Restore(int length, uint digest, ReadOnlySpan<uint> blocks, ReadOnlySpan<FrameEnd> ends)
    {
        var restored = new BlockChecksums { Length = length, Digest = digest };
        restored._blocks.AddRange(blocks);
        restored._ends.AddRange(ends);
        Invariant.Require(blocks.Length == length / Limits.BlockSize, "finished blocks match the length");
        if (length % Limits.BlockSize != 0)
        {
            Invariant.Require(restored.TryFindEnd(length, out restored._partial), "the end of an open chunk is a frame end");
        }

        return restored;
    }

    /// <summary>Length of the piece that begins at <paramref name="offset"/> of a frame with <paramref name="left"/> bytes to go.</summary>
    public static int PieceLength(int offset, int left) => Math.Min(left, Limits.BlockSize - (offset % Limits.BlockSize));

    /// <summary>How many pieces a frame has.</summary>
    public static int PieceCount(int offset, int length) =>
        length == 0 ? 0 : ((offset + length - 1) / Limits.BlockSize) - (offset / Limits.BlockSize) + 1;

    /// <summary>Adds a frame of <paramref name="length"/> bytes by its pieces.</summary>
    public void Add(int length, ReadOnlySpan<uint> pieceCrcs)
    {
        foreach (uint crc in pieceCrcs)
        {
            int piece = PieceLength(Length, length);
            Digest = Crc32C.Combine(Digest, crc, piece);
            _partial = Length % Limits.BlockSize == 0 ? crc : Crc32C.Combine(_partial, crc, piece);
            Length += piece;
            length -= piece;
            if (Length % Limits.BlockSize == 0)
            {
                _blocks.Add(_partial);
                _partial = Crc32C.Empty;
            }
            else
            {
                _ends.Add(new FrameEnd(Length, _partial));
            }
        }

        Invariant.Require(length == 0, "the pieces cover the frame");
    }

    /// <summary>Forgets frame ends in blocks that finished before <paramref name="durableLength"/>: no cut goes there.</summary>
    public void ForgetBefore(int durableLength)
    {
        int blockStart = durableLength - (durableLength % Limits.BlockSize);
        if (_ends.Count == 0 || _ends[0].Length > blockStart)
        {
            return;
        }

        int count = _ends.FindIndex(end => end.Length > blockStart);
        _ends.RemoveRange(0, count < 0 ? _ends.Count : count);
    }

    /// <summary>
    /// The checksum of what [0, <paramref name="length"/>) holds of its last block; false when the length is no frame end still known.
    /// </summary>
    public bool TryGetLastBlock(int length, out uint crc)
    {
        crc = Crc32C.Empty;
        if (length == 0)
        {
            return true;
        }

        if (length % Limits.BlockSize != 0)
        {
            return TryFindEnd(length, out crc);
        }

        crc = _blocks[(length / Limits.BlockSize) - 1];
        return true;
    }

    /// <summary>One checksum for each block of [0, <paramref name="length"/>), given that of the last.</summary>
    public uint[] ToTable(int length, uint lastBlock)
    {
        uint[] table = new uint[ChunkHeader.BlockCount(length)];
        for (int block = 0; block < table.Length - 1; block++)
        {
            table[block] = _blocks[block];
        }

        if (table.Length > 0)
        {
            table[^1] = lastBlock;
        }

        return table;
    }

    /// <summary>The digest of [0, <paramref name="length"/>) from its blocks.</summary>
    public static uint Combine(ReadOnlySpan<uint> table, int length)
    {
        uint digest = Crc32C.Empty;
        for (int block = 0; block < table.Length; block++)
        {
            digest = Crc32C.Combine(digest, table[block], Math.Min(Limits.BlockSize, length - (block * Limits.BlockSize)));
        }

        return digest;
    }

    /// <summary>These checksums of [0, <paramref name="length"/>) only, given that of the last block.</summary>
    public BlockChecksums Cut(int length, uint lastBlock)
    {
        uint[] table = ToTable(length, lastBlock);
        bool partial = length % Limits.BlockSize != 0;
        return Restore(
            length, Combine(table, length), table.AsSpan(0, length / Limits.BlockSize), partial ? [new FrameEnd(length, lastBlock)] : []);
    }

    private bool TryFindEnd(int length, out uint crc)
    {
        int index = _ends.BinarySearch(new FrameEnd(length, 0));
        crc = index < 0 ? 0 : _ends[index].Crc;
        return index >= 0;
    }
}

/// <summary>A frame ended at <paramref name="Length"/>, inside a block whose bytes so far have checksum <paramref name="Crc"/>.</summary>
internal readonly record struct FrameEnd(int Length, uint Crc) : IComparable<FrameEnd>
{
    public int CompareTo(FrameEnd other) => Length.CompareTo(other.Length);
}
