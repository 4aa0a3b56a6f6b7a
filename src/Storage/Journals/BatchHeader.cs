using System.Buffers.Binary;
using DfsNet.Integrity;

namespace DfsNet.Storage.Journals;

/// <summary>What stands before the records of one batch. A header of its own checksum is believed even where its body is torn.</summary>
internal readonly record struct BatchHeader(
    ulong Owner,
    ulong Segment,
    ulong Number,
    ulong Flushed,
    long FirstPosition,
    ulong Trimmed,
    int Records,
    int BodyBytes,
    uint BodyCrc)
{
    public long EndPosition => FirstPosition + Records;

    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, JournalFormat.BatchMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], JournalFormat.Version);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Owner);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], Segment);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(target[32..], Flushed);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], FirstPosition);
        BinaryPrimitives.WriteUInt64LittleEndian(target[48..], Trimmed);
        BinaryPrimitives.WriteInt32LittleEndian(target[56..], Records);
        BinaryPrimitives.WriteInt32LittleEndian(target[60..], BodyBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[64..], BodyCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(target[68..], Crc32C.Compute(target[..68]));
    }

    /// <summary>Reads a header of the given segment; false for anything else, whatever it is.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, ulong owner, ulong segment, out BatchHeader header)
    {
        header = default;
        if (source.Length < JournalFormat.BatchHeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(source) != JournalFormat.BatchMagic
            || BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) != JournalFormat.Version
            || BinaryPrimitives.ReadUInt32LittleEndian(source[68..]) != Crc32C.Compute(source[..68]))
        {
            return false;
        }

        header = new BatchHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[48..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[56..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[60..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[64..]));
        return header.Owner == owner
            && header.Segment == segment
            && header.FirstPosition >= 0
            && header.BodyBytes is >= 0 and <= JournalFormat.BatchBytesMax
            && header.Records >= 0
            && header.Records <= header.BodyBytes / JournalFormat.RecordHeaderBytes;
    }
}
