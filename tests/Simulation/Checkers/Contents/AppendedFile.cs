using System.Buffers.Binary;
using DfsNet.Integrity;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// A file to which several writers append records. Every read is the beginning of every longer one and consists of whole records; none
/// stands there twice; each that was acknowledged stands there; and one acknowledged before another was begun stands before it.
/// </summary>
internal sealed class AppendedFile(Chronicle chronicle, string path)
{
    private readonly SortedDictionary<(int Writer, int Sequence), AppendedRecord> _records = [];
    private readonly List<AppendedRecord> _acknowledged = [];
    private byte[] _content = new byte[4096];
    private int _length;
    private long _newestBegun;

    public string Path => path;

    public int Acknowledged => _acknowledged.Count;

    /// <summary>Before a record is appended. Until it is acknowledged it may stand in the file or not, then or later.</summary>
    public AppendedRecord Begin(int writer, int payloadBytes)
    {
        int sequence = _records.Count + 1;
        int pattern = chronicle.IssuePattern($"record {sequence} of writer {writer} for {path}");
        var record = new AppendedRecord(writer, sequence, pattern, payloadBytes, chronicle.Now());
        _records.Add((writer, sequence), record);
        return record;
    }

    /// <summary>After the flush that made a record durable.</summary>
    public void Acknowledge(AppendedRecord record)
    {
        Invariant.Require(record.Acknowledged == long.MaxValue, "a record is acknowledged once");
        record.Acknowledged = chronicle.Now();
        _acknowledged.Add(record);
    }

    /// <summary>Before the file is opened, to be read from its beginning to its end.</summary>
    public AppendedFileReading BeginRead() => new(this, _acknowledged.Count, _length);

    /// <summary>What was read, from the beginning to the end.</summary>
    public bool EndRead(AppendedFileReading reading, ReadOnlySpan<byte> bytes)
    {
        int same = bytes.CommonPrefixLength(_content.AsSpan(0, _length));
        if (same < Math.Min(bytes.Length, _length))
        {
            string now = Pattern.Describe(same, bytes.Slice(same, Math.Min(bytes.Length - same, 64)), chronicle.NameOf);
            return Blame($"byte {same} has changed since an earlier read: {now}");
        }

        if (bytes.Length < reading.LengthBefore)
        {
            return Blame($"it ends at {bytes.Length}; {reading.LengthBefore} bytes were read before this reader opened it");
        }

        return TryTake(bytes) && HoldsAcknowledged(reading.AcknowledgedBefore, bytes.Length);
    }

    private bool TryTake(ReadOnlySpan<byte> bytes)
    {
        while (_length < bytes.Length)
        {
            var rest = bytes[_length..];
            if (!AppendedRecord.TryReadHead(rest, out int writer, out int sequence, out int length) || length > rest.Length)
            {
                return Blame($"what begins at {_length} is no whole record: {Pattern.Describe(_length, rest, chronicle.NameOf)}");
            }

            if (!_records.TryGetValue((writer, sequence), out var record))
            {
                return Blame($"record {sequence} of writer {writer} at {_length} was never appended");
            }

            if (!record.IsWhole(rest[..length]))
            {
                return Blame($"{record} at {_length} is torn: {Pattern.Describe(_length, rest[..length], chronicle.NameOf)}");
            }

            if (!TryPlace(record))
            {
                return false;
            }

            Append(rest[..length]);
        }

        return true;
    }

    private bool TryPlace(AppendedRecord record)
    {
        if (record.Offset >= 0)
        {
            return Blame($"{record} stands at {record.Offset} and again at {_length}");
        }

        record.Offset = _length;
        if (record.Acknowledged < _newestBegun)
        {
            var later = _records.Values.First(other => other.Offset >= 0 && other.Begun > record.Acknowledged);
            return Blame($"{record} at {_length} was acknowledged before {later} at {later.Offset} was begun");
        }

        _newestBegun = Math.Max(_newestBegun, record.Begun);
        return true;
    }

    private bool HoldsAcknowledged(int count, int length)
    {
        for (int i = 0; i < count; i++)
        {
            var record = _acknowledged[i];
            if (record.Offset < 0 || record.Offset + record.Length > length)
            {
                return Blame($"{record} was acknowledged before this reader opened the file, and is not in its {length} bytes");
            }
        }

        return true;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _content.Length)
        {
            Array.Resize(ref _content, Math.Max(2 * _content.Length, _length + bytes.Length));
        }

        bytes.CopyTo(_content.AsSpan(_length));
        _length += bytes.Length;
    }

    private bool Blame(string what)
    {
        chronicle.Blame($"{path}: {what}");
        return false;
    }
}

/// <summary>What was there before a reader opened an appended file.</summary>
internal readonly record struct AppendedFileReading(AppendedFile File, int AcknowledgedBefore, int LengthBefore)
{
    /// <summary>After the whole file was read.</summary>
    public bool End(ReadOnlySpan<byte> bytes) => File.EndRead(this, bytes);
}

/// <summary>A record: magic, writer, sequence, length of the payload, the payload (a pattern of its own), CRC32C of all of it.</summary>
internal sealed class AppendedRecord(int writer, int sequence, int pattern, int payloadBytes, long begun)
{
    private const uint Magic = 0x4452_4543;
    private const int HeadBytes = 16;
    private const int CrcBytes = 4;

    public long Begun => begun;

    public long Acknowledged { get; set; } = long.MaxValue;

    /// <summary>Where it was first read; negative until then.</summary>
    public long Offset { get; set; } = -1;

    public int Length => HeadBytes + payloadBytes + CrcBytes;

    /// <summary>Whether bytes begin like a record, and how long that is.</summary>
    public static bool TryReadHead(ReadOnlySpan<byte> bytes, out int writer, out int sequence, out int length)
    {
        bool isHead = bytes.Length >= HeadBytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic;
        writer = isHead ? BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]) : 0;
        sequence = isHead ? BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) : 0;
        length = isHead ? HeadBytes + BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) + CrcBytes : 0;
        return isHead && length >= HeadBytes + CrcBytes;
    }

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), writer);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), sequence);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), payloadBytes);
        Pattern.Fill(pattern, 0, bytes.AsSpan(HeadBytes, payloadBytes));
        uint crc = Crc32C.Compute(bytes.AsSpan(0, Length - CrcBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Length - CrcBytes), crc);
        return bytes;
    }

    public bool IsWhole(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Length
        && Pattern.CountMatching(pattern, 0, bytes.Slice(HeadBytes, payloadBytes)) == payloadBytes
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[^CrcBytes..]) == Crc32C.Compute(bytes[..^CrcBytes]);

    public override string ToString() => $"record {sequence} of writer {writer} (#{pattern}, {Length} bytes)";
}
