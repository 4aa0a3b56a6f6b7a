using System.Buffers.Binary;
using DfsNet.Integrity;

namespace DfsNet.Storage.Journals;

/// <summary>Where one batch is put together: records are copied here once and go to disk in one write. Reused by its journal.</summary>
internal sealed class BatchBuffer
{
    // Some dozen small records; grows to the largest batch seen.
    private const int InitialBytes = 16 * 1024;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(InitialBytes);
    private int _length = JournalFormat.BatchHeaderBytes;

    public int Records { get; private set; }

    public int BytesOnDisk => JournalFormat.BatchOnDisk(_length - JournalFormat.BatchHeaderBytes);

    public void Clear()
    {
        _length = JournalFormat.BatchHeaderBytes;
        Records = 0;
    }

    public void Add(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        int length = head.Length + body.Length;
        Reserve(JournalFormat.RecordHeaderBytes + length);
        var target = _bytes.AsSpan(_length);
        BinaryPrimitives.WriteInt32LittleEndian(target, length);
        head.CopyTo(target[JournalFormat.RecordHeaderBytes..]);
        body.CopyTo(target[(JournalFormat.RecordHeaderBytes + head.Length)..]);
        _length += JournalFormat.RecordHeaderBytes + length;
        Records++;
    }

    /// <summary>Takes the body of a batch that is written again.</summary>
    public void AddBody(ReadOnlySpan<byte> body, int records)
    {
        Reserve(body.Length);
        body.CopyTo(_bytes.AsSpan(_length));
        _length += body.Length;
        Records += records;
    }

    /// <summary>Completes the header with what the buffer knows, and returns the bytes for the disk; valid until the next change.</summary>
    public ReadOnlyMemory<byte> Seal(BatchHeader header)
    {
        var body = _bytes.AsSpan(JournalFormat.BatchHeaderBytes, _length - JournalFormat.BatchHeaderBytes);
        var complete = header with { Records = Records, BodyBytes = body.Length, BodyCrc = Crc32C.Compute(body) };
        complete.Write(_bytes);
        int onDisk = BytesOnDisk;
        Reserve(onDisk - _length);
        _bytes.AsSpan(_length, onDisk - _length).Clear();
        return _bytes.AsMemory(0, onDisk);
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - _length < more)
        {
            // Room for the padding too, and doubled, so that a growing load does not copy at every step.
            long needed = JournalFormat.RoundToPage((long)_length + more);
            byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Max(needed, _bytes.Length * 2L));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            _bytes = larger;
        }
    }
}
