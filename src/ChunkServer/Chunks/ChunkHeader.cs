using System.Buffers.Binary;
using DfsNet.Integrity;
using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// The first 8 KiB of a sealed chunk's file, written once: a fixed part, the table of block checksums, and the fixed part again at the
/// end, so that a damaged file still says whose it was (docs/formats.md, "Chunk files").
/// </summary>
internal readonly record struct ChunkHeader(ChunkId Chunk, Generation Generation, int Length, uint Digest, uint TableCrc, BackupMark Mark)
{
    /// <summary>Where the data begins: two pages, enough for the table of a 64 MiB chunk and both fixed parts.</summary>
    public const int AreaBytes = 8 * 1024;

    public const ulong Magic = 0x314b_4e48_4353_4644; // "DFSCHNK1"
    public const uint Version = 1;
    public const int FixedBytes = 64;
    public const int TableOffset = FixedBytes;
    public const int CopyOffset = AreaBytes - FixedBytes;

    private const int CrcOffset = FixedBytes - sizeof(uint);

    public static int BlockCount(int length) => (int)(((long)length + Limits.BlockSize - 1) / Limits.BlockSize);

    /// <summary>What a block's stored checksum is mixed with: its place, so that a misplaced block never verifies.</summary>
    public static uint Salt(ChunkId chunk, int block)
    {
        Span<byte> place = stackalloc byte[sizeof(ulong) + sizeof(int)];
        BinaryPrimitives.WriteUInt64LittleEndian(place, chunk.Value);
        BinaryPrimitives.WriteInt32LittleEndian(place[sizeof(ulong)..], block);
        return Crc32C.Compute(place);
    }

    /// <summary>The whole area for a chunk with these (unsalted) block checksums.</summary>
    public static byte[] Encode(Replica replica, int length, uint digest, ReadOnlySpan<uint> blockCrcs)
    {
        var chunk = replica.Chunk;
        Invariant.Require(blockCrcs.Length == BlockCount(length), "a header has one checksum for each block");
        byte[] area = new byte[AreaBytes];
        var table = area.AsSpan(TableOffset, blockCrcs.Length * sizeof(uint));
        for (int block = 0; block < blockCrcs.Length; block++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table[(block * sizeof(uint))..], blockCrcs[block] ^ Salt(chunk, block));
        }

        var header = new ChunkHeader(chunk, replica.Generation, length, digest, Crc32C.Compute(table), replica.Mark);
        header.WriteFixed(area);
        header.WriteFixed(area.AsSpan(CopyOffset));
        return area;
    }

    /// <summary>Reads one of the fixed parts; false when it is not valid.</summary>
    public static bool TryRead(ReadOnlySpan<byte> part, out ChunkHeader header)
    {
        header = default;
        if (part.Length < FixedBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(part) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(part[8..]) != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(part[CrcOffset..]) != Crc32C.Compute(part[..CrcOffset]))
        {
            return false;
        }

        header = new ChunkHeader(
            new ChunkId(BinaryPrimitives.ReadUInt64LittleEndian(part[16..])),
            new Generation(BinaryPrimitives.ReadUInt64LittleEndian(part[24..])),
            BinaryPrimitives.ReadInt32LittleEndian(part[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(part[36..]),
            BinaryPrimitives.ReadUInt32LittleEndian(part[40..]),
            new BackupMark(BinaryPrimitives.ReadUInt64LittleEndian(part[44..]), BinaryPrimitives.ReadUInt64LittleEndian(part[52..])));
        return header.Length is >= 0 and <= Limits.ChunkSizeMax;
    }

    /// <summary>The unsalted block checksums out of a whole area; null when the table does not match this header.</summary>
    public uint[]? ReadTable(ReadOnlySpan<byte> area)
    {
        int count = BlockCount(Length);
        var table = area.Slice(TableOffset, count * sizeof(uint));
        if (Crc32C.Compute(table) != TableCrc)
        {
            return null;
        }

        uint[] blocks = new uint[count];
        for (int block = 0; block < count; block++)
        {
            blocks[block] = BinaryPrimitives.ReadUInt32LittleEndian(table[(block * sizeof(uint))..]) ^ Salt(Chunk, block);
        }

        return blocks;
    }

    private void WriteFixed(Span<byte> part)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(part, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(part[8..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(part[16..], Chunk.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(part[24..], Generation.Value);
        BinaryPrimitives.WriteInt32LittleEndian(part[32..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(part[36..], Digest);
        BinaryPrimitives.WriteUInt32LittleEndian(part[40..], TableCrc);
        BinaryPrimitives.WriteUInt64LittleEndian(part[44..], Mark.Incarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(part[52..], Mark.Index);
        BinaryPrimitives.WriteUInt32LittleEndian(part[CrcOffset..], Crc32C.Compute(part[..CrcOffset]));
    }
}
