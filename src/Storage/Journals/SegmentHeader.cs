using System.Buffers.Binary;
using DfsNet.Integrity;

namespace DfsNet.Storage.Journals;

/// <summary>What a segment says about itself and about the log before it.</summary>
internal sealed record SegmentHeader
{
    public required ulong Owner { get; init; }

    public required ulong Segment { get; init; }

    public required ulong FirstBatch { get; init; }

    public required long FirstPosition { get; init; }

    public required ulong PreviousSegment { get; init; }

    /// <summary>Bytes of the previous segment beyond this are no part of the log.</summary>
    public required long PreviousEnd { get; init; }

    public required long FlushedBytes { get; init; }

    public required ulong Trimmed { get; init; }

    public void Write(Span<byte> page)
    {
        page.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(page, JournalFormat.SegmentMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], JournalFormat.Version);
        BinaryPrimitives.WriteUInt64LittleEndian(page[16..], Owner);
        BinaryPrimitives.WriteUInt64LittleEndian(page[24..], Segment);
        BinaryPrimitives.WriteUInt64LittleEndian(page[32..], FirstBatch);
        BinaryPrimitives.WriteInt64LittleEndian(page[40..], FirstPosition);
        BinaryPrimitives.WriteUInt64LittleEndian(page[48..], PreviousSegment);
        BinaryPrimitives.WriteInt64LittleEndian(page[56..], PreviousEnd);
        BinaryPrimitives.WriteInt64LittleEndian(page[64..], FlushedBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(page[72..], Trimmed);
        BinaryPrimitives.WriteUInt32LittleEndian(page[80..], Crc32C.Compute(page[..80]));
    }

    /// <summary>The header of the segment with this name; anything else there is damage: it was flushed before it was named.</summary>
    public static SegmentHeader Read(ReadOnlySpan<byte> page, string path, ulong segment, ulong owner)
    {
        if (page.Length < JournalFormat.SegmentHeaderBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(page) != JournalFormat.SegmentMagic
            || BinaryPrimitives.ReadUInt32LittleEndian(page[80..]) != Crc32C.Compute(page[..80]))
        {
            throw new JournalDamagedException(path, 0, "its header is not whole");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(page[8..]);
        if (version != JournalFormat.Version)
        {
            throw new JournalDamagedException(path, 8, $"format version {version} is unknown here");
        }

        var header = new SegmentHeader
        {
            Owner = BinaryPrimitives.ReadUInt64LittleEndian(page[16..]),
            Segment = BinaryPrimitives.ReadUInt64LittleEndian(page[24..]),
            FirstBatch = BinaryPrimitives.ReadUInt64LittleEndian(page[32..]),
            FirstPosition = BinaryPrimitives.ReadInt64LittleEndian(page[40..]),
            PreviousSegment = BinaryPrimitives.ReadUInt64LittleEndian(page[48..]),
            PreviousEnd = BinaryPrimitives.ReadInt64LittleEndian(page[56..]),
            FlushedBytes = BinaryPrimitives.ReadInt64LittleEndian(page[64..]),
            Trimmed = BinaryPrimitives.ReadUInt64LittleEndian(page[72..]),
        };
        if (header.Owner != owner)
        {
            throw new JournalOwnerException(path, owner, header.Owner);
        }

        return header.Segment == segment
            ? header
            : throw new JournalDamagedException(path, 24, $"its header is of segment {header.Segment}");
    }
}
