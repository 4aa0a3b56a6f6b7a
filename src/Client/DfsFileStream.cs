using DfsNet.Client.Data;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client;

/// <summary>
/// A file opened for reading or for writing (never both). Asynchronous, with bounded memory whatever the file's size; like every stream,
/// not for concurrent use. The blocking members of <see cref="Stream"/> (Read, Write, Flush, SetLength) throw
/// <see cref="NotSupportedException"/>: use their asynchronous forms, and <c>await using</c>.
/// </summary>
/// <remarks>
/// Reading sees the content that was committed when the stream was opened or last refreshed, or newer, never older. Bytes are checked
/// against the checksums in the metadata; a bad or unreachable replica is replaced without notice. Writing returns from
/// <see cref="FlushAsync(CancellationToken)"/> and <see cref="DisposeAsync"/> only when the bytes are durable on every replica and, unless
/// the write is atomic, visible.
/// </remarks>
public sealed class DfsFileStream : Stream
{
    private readonly FileReader? _reader;
    private readonly FileWriter? _writer;
    private readonly Func<long, CancellationToken, Task>? _truncate;
    private readonly Action _closed;
    private readonly bool _appends;
    private long _position;
    private long _length;
    private bool _isClosed;

    internal DfsFileStream(string path, FileReader reader, Action closed)
    {
        Path = path;
        _reader = reader;
        _closed = closed;
    }

    internal DfsFileStream(
        string path, FileWriter writer, long length, bool appends, Func<long, CancellationToken, Task>? truncate, Action closed)
    {
        Path = path;
        _writer = writer;
        _length = length;
        _appends = appends;
        _truncate = truncate;
        _closed = closed;
    }

    /// <summary>Absolute path it was opened under.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public override bool CanRead => _reader is not null && !_isClosed;

    /// <summary>Whether <see cref="Position"/> may be set: always, except when appending.</summary>
    public override bool CanSeek => !_isClosed && !_appends;

    /// <inheritdoc/>
    public override bool CanWrite => _writer is not null && !_isClosed;

    /// <summary>
    /// Length of the file in bytes: as last seen when reading; with what was written here when writing; when appending, the bytes written
    /// here.
    /// </summary>
    public override long Length => _reader?.Length ?? _length;

    /// <summary>
    /// Offset of the next byte, from 0. It may lie behind the end: reading gives nothing there, writing leaves a hole of zeros.
    /// </summary>
    /// <exception cref="NotSupportedException">Set while appending.</exception>
    public override long Position
    {
        get => _position;
        set
        {
            if (_appends)
            {
                throw new NotSupportedException("a stream that appends has no position to set");
            }

            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Limits.FileLengthMax);
            _position = value;
        }
    }

    /// <summary>
    /// Reads at most <paramref name="buffer"/>'s length of bytes; 0 at the end of the file. It ends within one call time-out, with fewer
    /// bytes where the rest did not come.
    /// </summary>
    /// <exception cref="DfsException">DataLoss when no replica has the bytes; TimedOut or Unavailable when none answers.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var span = Tracing.Start("read", Path);
        var reader = Reader();
        var deadline = reader.NewDeadline();
        ulong version = 0;
        int done = 0;
        while (done < buffer.Length)
        {
            ReadOnlyMemory<byte> bytes;
            try
            {
                bytes = await reader.PeekAsync(_position, buffer.Length - done, cancellationToken, deadline).ConfigureAwait(false);
            }
            catch (DfsException) when (done != 0)
            {
                // What was read is the caller's. The next call meets the failure by itself, or finds it mended.
                break;
            }

            int length = Math.Min(bytes.Length, buffer.Length - done);
            if (length == 0 || (done != 0 && reader.Version != version))
            {
                // One read gives bytes of one committed map: what the file holds since it changed comes with the next.
                break;
            }

            version = reader.Version;
            bytes[..length].CopyTo(buffer[done..]);
            reader.Advance(length);
            _position += length;
            done += length;
        }

        return done;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Copies the rest of the file, without an intermediate buffer.</summary>
    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var reader = Reader();
        reader.ExpectSequential();
        while (true)
        {
            var bytes = await reader.PeekAsync(_position, Limits.FramePayloadMax, cancellationToken).ConfigureAwait(false);
            if (bytes.IsEmpty)
            {
                return;
            }

            await destination.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            reader.Advance(bytes.Length);
            _position += bytes.Length;
        }
    }

    /// <summary>Reading: fetches the newest layout, so that everything committed before this call is seen.</summary>
    public Task RefreshAsync(CancellationToken cancellation = default) => Reader().RefreshAsync(cancellation);

    /// <summary>Takes the bytes; they are durable after the next flush.</summary>
    /// <exception cref="DfsException">This or an earlier write failed; every further call then fails too.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var writer = Writer();
        if (_position > Limits.FileLengthMax - buffer.Length)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "write", $"{Path}: a file has at most {Limits.FileLengthMax} bytes");
        }

        await writer.WriteAsync(_position, buffer, cancellationToken).ConfigureAwait(false);
        _position += buffer.Length;
        _length = Math.Max(_length, _position);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>
    /// Returns when what was written is durable and visible (atomic writes: durable; they become visible when the stream is closed). When
    /// appending, the bytes since the last flush are added at the file's end in one piece.
    /// </summary>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_writer is not null)
        {
            using var span = Tracing.Start("flush", Path);
            await Writer().FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Shortens the file or lets it grow by zeros, after a flush. The position stays.</summary>
    /// <param name="length">New length in bytes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="NotSupportedException">The stream reads, or the write is atomic.</exception>
    public async Task SetLengthAsync(long length, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (_truncate is null)
        {
            throw new NotSupportedException("only a stream that writes into a visible file can set its length");
        }

        await Writer().FlushAsync(cancellation).ConfigureAwait(false);
        await _truncate(length, cancellation).ConfigureAwait(false);
        _length = length;
    }

    /// <summary>Gives up what was written since the last flush, and all of an atomic write: closing then commits nothing.</summary>
    public void Abandon() => _writer?.Abandon();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin)
    {
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => From(_position, offset),
            SeekOrigin.End => From(Length, offset),
            _ => throw new ArgumentOutOfRangeException(nameof(origin)),
        };
        return _position;

        // A sum beyond 2^63 is as far out of range as the largest number.
        static long From(long origin, long offset) => offset > long.MaxValue - origin ? long.MaxValue : origin + offset;
    }

    /// <summary>Not supported: it would have to block. Use <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw Blocking(nameof(ReadAsync));

    /// <summary>Not supported: it would have to block. Use <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw Blocking(nameof(WriteAsync));

    /// <summary>Not supported: it would have to block. Use <see cref="SetLengthAsync"/>.</summary>
    public override void SetLength(long value) => throw Blocking(nameof(SetLengthAsync));

    /// <summary>
    /// Nothing when nothing is to be flushed; otherwise not supported: it would have to block. Use
    /// <see cref="FlushAsync(CancellationToken)"/>.
    /// </summary>
    public override void Flush()
    {
        if (_writer is { HasUncommitted: true })
        {
            throw Blocking(nameof(FlushAsync));
        }
    }

    /// <summary>
    /// Writing: flushes, commits (an atomic write becomes visible) and closes. A stream that failed, or was abandoned, just closes.
    /// </summary>
    /// <exception cref="DfsException">The last bytes could not be made durable or visible.</exception>
    public override async ValueTask DisposeAsync()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        try
        {
            if (_writer is { IsUsable: true })
            {
                await _writer.FinishAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            CloseHalves();
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Closes a stream that reads, or that has nothing to flush. One with bytes that are not committed loses them, and says so: only
    /// <see cref="DisposeAsync"/> can wait for them.
    /// </summary>
    /// <exception cref="InvalidOperationException">Bytes that were written are not committed.</exception>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            bool loses = _writer is { IsUsable: true, NeedsFinish: true };
            CloseHalves();
            if (loses)
            {
                throw new InvalidOperationException(
                    $"{Path}: bytes written were not flushed and are gone; close the stream with DisposeAsync (await using)");
            }
        }

        base.Dispose(disposing);
    }

    private static NotSupportedException Blocking(string instead) => new($"this stream does not block its caller: use {instead}");

    private void CloseHalves()
    {
        _writer?.Abandon();
        _reader?.Dispose();
        _closed();
    }

    private FileReader Reader()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _reader ?? throw new NotSupportedException("the stream was opened for writing");
    }

    private FileWriter Writer()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _writer ?? throw new NotSupportedException("the stream was opened for reading");
    }
}
