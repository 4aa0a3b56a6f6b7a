using System.Buffers.Binary;
using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Kinds of records in a volume's journal (docs/formats.md, "Volume journal records"); numbers are never reused.</summary>
internal enum VolumeRecordKind : byte
{
    Created = 1,
    SmallAppend = 2,
    LargeAppend = 3,
    Sealed = 4,
    Removed = 5,
    OpenState = 6,
    Quarantined = 7,
}

/// <summary>One decoded record; spans and memory are valid as long as the payload it came from.</summary>
internal readonly ref struct VolumeRecord
{
    public const byte Version = 1;

    /// <summary>The version of records that have a mark behind the head.</summary>
    public const byte MarkedVersion = 2;

    public const int HeadBytes = 20;
    public const int MarkBytes = 16;

    private VolumeRecord(VolumeRecordKind kind, ChunkId chunk, Generation generation, BackupMark mark, ReadOnlyMemory<byte> rest)
    {
        Kind = kind;
        Chunk = chunk;
        Generation = generation;
        Mark = mark;
        Rest = rest;
    }

    public VolumeRecordKind Kind { get; }

    public ChunkId Chunk { get; }

    public Generation Generation { get; }

    /// <summary>Of a Created or OpenState record.</summary>
    public BackupMark Mark { get; }

    private ReadOnlyMemory<byte> Rest { get; }

    public static byte[] Created(ChunkId chunk, Generation generation, BackupMark mark, int capacity)
    {
        byte[] record = Head(VolumeRecordKind.Created, chunk, generation, mark, sizeof(int), out var rest);
        BinaryPrimitives.WriteInt32LittleEndian(rest, capacity);
        return record;
    }

    /// <summary>A small append's payload follows as the record's body; a large one's lies in the chunk's file.</summary>
    public static byte[] Append(
        bool small, ChunkId chunk, Generation generation, int offset, int length, int durableLength, ReadOnlySpan<uint> pieceCrcs)
    {
        var kind = small ? VolumeRecordKind.SmallAppend : VolumeRecordKind.LargeAppend;
        byte[] record = Head(kind, chunk, generation, default, (3 + pieceCrcs.Length) * sizeof(int), out var rest);
        BinaryPrimitives.WriteInt32LittleEndian(rest, offset);
        BinaryPrimitives.WriteInt32LittleEndian(rest[4..], length);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], durableLength);
        WriteAll(rest[12..], pieceCrcs);
        return record;
    }

    public static byte[] Sealed(ChunkId chunk, Generation generation, int length, uint digest)
    {
        byte[] record = Head(VolumeRecordKind.Sealed, chunk, generation, default, 2 * sizeof(int), out var rest);
        BinaryPrimitives.WriteInt32LittleEndian(rest, length);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], digest);
        return record;
    }

    public static byte[] Removed(ChunkId chunk, Generation generation) =>
        Head(VolumeRecordKind.Removed, chunk, generation, default, 0, out _);

    public static byte[] Quarantined(ChunkId chunk, Generation generation) =>
        Head(VolumeRecordKind.Quarantined, chunk, generation, default, 0, out _);

    public static byte[] OpenState(Replica replica, OpenReplica open)
    {
        var checksums = open.Checksums;
        int count = checksums.Blocks.Count;
        int ends = checksums.Ends.Count;
        int bytes = (4 + count + (2 * ends)) * sizeof(int);
        byte[] record = Head(VolumeRecordKind.OpenState, replica.Chunk, replica.Generation, replica.Mark, bytes, out var rest);
        BinaryPrimitives.WriteInt32LittleEndian(rest, open.Capacity);
        BinaryPrimitives.WriteInt32LittleEndian(rest[4..], checksums.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[8..], checksums.Digest);
        BinaryPrimitives.WriteInt32LittleEndian(rest[12..], ends);
        rest = rest[16..];
        for (int block = 0; block < count; block++, rest = rest[4..])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, checksums.Blocks[block]);
        }

        for (int end = 0; end < ends; end++, rest = rest[8..])
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, checksums.Ends[end].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], checksums.Ends[end].Crc);
        }

        return record;
    }

    /// <summary>False when the payload is no record of this version, or its parts do not fit together.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> payload, out VolumeRecord record)
    {
        record = default;
        var span = payload.Span;
        bool isMarked = span.Length >= HeadBytes + MarkBytes && span[1] == MarkedVersion
            && (VolumeRecordKind)span[0] is VolumeRecordKind.Created or VolumeRecordKind.OpenState;
        if (!isMarked && (span.Length < HeadBytes || span[1] != Version))
        {
            return false;
        }

        record = new VolumeRecord(
            (VolumeRecordKind)span[0],
            new ChunkId(BinaryPrimitives.ReadUInt64LittleEndian(span[4..])),
            new Generation(BinaryPrimitives.ReadUInt64LittleEndian(span[12..])),
            isMarked ? ReadMark(span[HeadBytes..]) : default,
            payload[(isMarked ? HeadBytes + MarkBytes : HeadBytes)..]);
        return record.Kind switch
        {
            VolumeRecordKind.Created => record.Rest.Length == sizeof(int),
            VolumeRecordKind.SmallAppend or VolumeRecordKind.LargeAppend => record.IsWholeAppend(),
            VolumeRecordKind.Sealed => record.Rest.Length == 2 * sizeof(int),
            VolumeRecordKind.Removed or VolumeRecordKind.Quarantined => record.Rest.Length == 0,
            VolumeRecordKind.OpenState => record.IsWholeOpenState(),
            _ => false,
        };
    }

    /// <summary>Of a Created or OpenState record.</summary>
    public int Capacity => Field(0);

    /// <summary>Of an append: where it begins, how long it is, and up to where the chunk was acknowledged when it was written.</summary>
    public (int Offset, int Length, int DurableLength) Range => (Field(0), Field(1), Field(2));

    /// <summary>Of an append.</summary>
    public uint[] PieceCrcs
    {
        get
        {
            uint[] crcs = new uint[BlockChecksums.PieceCount(Field(0), Field(1))];
            for (int piece = 0; piece < crcs.Length; piece++)
            {
                crcs[piece] = (uint)Field(3 + piece);
            }

            return crcs;
        }
    }

    /// <summary>Of a small append.</summary>
    public ReadOnlyMemory<byte> Payload => Rest[((3 + BlockChecksums.PieceCount(Field(0), Field(1))) * sizeof(int))..];

    /// <summary>Of an OpenState record; null when its parts contradict each other.</summary>
    public BlockChecksums? ReadOpenState()
    {
        int length = Field(1);
        uint[] blocks = new uint[length / Limits.BlockSize];
        for (int block = 0; block < blocks.Length; block++)
        {
            blocks[block] = (uint)Field(4 + block);
        }

        var ends = new FrameEnd[Field(3)];
        bool endKnown = length % Limits.BlockSize == 0;
        for (int end = 0; end < ends.Length; end++)
        {
            ends[end] = new FrameEnd(Field(4 + blocks.Length + (2 * end)), (uint)Field(5 + blocks.Length + (2 * end)));
            endKnown |= ends[end].Length == length;
        }

        return endKnown ? BlockChecksums.Restore(length, (uint)Field(2), blocks, ends) : null;
    }

    private static byte[] Head(
        VolumeRecordKind kind, ChunkId chunk, Generation generation, BackupMark mark, int restBytes, out Span<byte> rest)
    {
        int headBytes = mark.IsNone ? HeadBytes : HeadBytes + MarkBytes;
        byte[] record = new byte[headBytes + restBytes];
        record[0] = (byte)kind;
        record[1] = mark.IsNone ? Version : MarkedVersion;
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(4), chunk.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(12), generation.Value);
        if (!mark.IsNone)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(HeadBytes), mark.Incarnation);
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(HeadBytes + 8), mark.Index);
        }

        rest = record.AsSpan(headBytes);
        return record;
    }

    private static BackupMark ReadMark(ReadOnlySpan<byte> mark) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(mark), BinaryPrimitives.ReadUInt64LittleEndian(mark[8..]));

    private static void WriteAll(Span<byte> target, ReadOnlySpan<uint> values)
    {
        for (int index = 0; index < values.Length; index++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target[(index * sizeof(uint))..], values[index]);
        }
    }

    private bool IsWholeAppend()
    {
        if (Rest.Length < 3 * sizeof(int))
        {
            return false;
        }

        var (offset, length, durable) = Range;
        if (offset < 0 || length <= 0 || durable < 0 || length > Limits.FramePayloadMax || offset > Limits.ChunkSizeMax - length)
        {
            return false;
        }

        int headBytes = (3 + BlockChecksums.PieceCount(offset, length)) * sizeof(int);
        return Rest.Length == headBytes + (Kind == VolumeRecordKind.SmallAppend ? length : 0);
    }

    private bool IsWholeOpenState()
    {
        if (Rest.Length < 4 * sizeof(int) || Field(1) is < 0 or > Limits.ChunkSizeMax || Field(3) is < 0 or > Limits.ChunkSizeMax)
        {
            return false;
        }

        return Rest.Length == (4L + (Field(1) / Limits.BlockSize) + (2L * Field(3))) * sizeof(int);
    }

    private int Field(int index) => BinaryPrimitives.ReadInt32LittleEndian(Rest.Span[(index * sizeof(int))..]);
}
