using DfsNet.Integrity;
using DfsNet.Storage.Disk;

namespace DfsNet.Storage.Journals;

/// <summary>Reads one segment through a window: batches by offset, and headers wherever they may stand.</summary>
internal sealed class SegmentReader : IAsyncDisposable
{
    // Large enough that a disk reads at full speed, small enough to be nothing.
    private const int WindowBytes = 1024 * 1024;

    private readonly IDiskFile _file;
    private readonly ulong _owner;
    private byte[] _window = [];
    private long _windowStart;
    private int _windowLength;

    private SegmentReader(IDiskFile file, string path, ulong segment, ulong owner, long length)
    {
        _file = file;
        _owner = owner;
        Path = path;
        Segment = segment;
        Length = length;
    }

    public string Path { get; }

    public ulong Segment { get; }

    public long Length { get; }

    public SegmentHeader Header { get; private set; } = null!;

    public static async Task<SegmentReader> OpenAsync(IDisk disk, string path, ulong segment, ulong owner)
    {
        var file = await disk.OpenAsync(path, FileOpening.Existing).ConfigureAwait(false);
        bool opened = false;
        try
        {
            var reader = new SegmentReader(file, path, segment, owner, await file.GetLengthAsync().ConfigureAwait(false));
            var page = await reader.ReadAsync(0, JournalFormat.SegmentHeaderBytes).ConfigureAwait(false);
            reader.Header = SegmentHeader.Read(page.Span, path, segment, owner);
            opened = true;
            return reader;
        }
        finally
        {
            if (!opened)
            {
                await file.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>The whole and valid batch at this offset with the body valid until the next call, or null.</summary>
    public async ValueTask<(BatchHeader Header, ReadOnlyMemory<byte> Body)?> ReadBatchAsync(long offset)
    {
        var bytes = await ReadAsync(offset, JournalFormat.BatchHeaderBytes).ConfigureAwait(false);
        if (!BatchHeader.TryRead(bytes.Span, _owner, Segment, out var header)
            || offset + JournalFormat.BatchOnDisk(header.BodyBytes) > Length)
        {
            // The padding counts: without it, a write that the disk refused half-way could come back as a record.
            return null;
        }

        var body = await ReadAsync(offset + JournalFormat.BatchHeaderBytes, header.BodyBytes).ConfigureAwait(false);
        return body.Length == header.BodyBytes && Crc32C.Compute(body.Span) == header.BodyCrc ? (header, body) : null;
    }

    /// <summary>The valid header at this offset, whatever its body is like, or null.</summary>
    public async ValueTask<BatchHeader?> ReadBatchHeaderAsync(long offset)
    {
        var bytes = await ReadAsync(offset, JournalFormat.BatchHeaderBytes).ConfigureAwait(false);
        return BatchHeader.TryRead(bytes.Span, _owner, Segment, out var header) ? header : null;
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    // Fewer bytes than asked for only at the end of the file.
    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int count)
    {
        count = (int)Math.Clamp(Length - offset, 0, count);
        if (offset < _windowStart || offset + count > _windowStart + _windowLength)
        {
            int wanted = (int)Math.Max(count, Math.Min(WindowBytes, Length - offset));
            if (_window.Length < wanted)
            {
                _window = GC.AllocateUninitializedArray<byte>(wanted);
            }

            _windowStart = offset;
            _windowLength = await _file.ReadAsync(offset, _window).ConfigureAwait(false);
        }

        int start = (int)(offset - _windowStart);
        return _window.AsMemory(start, Math.Clamp(_windowLength - start, 0, count));
    }
}
