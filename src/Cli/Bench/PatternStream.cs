namespace DfsNet.Cli.Bench;

/// <summary>
/// A stream of known length over a block of random bytes that repeats: costs a copy, no generator, and its memory is touched beforehand.
/// </summary>
internal sealed class PatternStream : Stream
{
    // A prime number of bytes: no block of the file is equal to the one before it.
    private const int PatternBytes = 8_388_593;

    private readonly byte[] _pattern = new byte[PatternBytes];
    private readonly long _length;
    private long _position;

    public PatternStream(long length, Random random)
    {
        _length = length;
        random.NextBytes(_pattern);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("the pattern cannot be sought");
    }

    public override int Read(Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length && _position < _length)
        {
            int at = (int)(_position % PatternBytes);
            int count = (int)Math.Min(Math.Min(buffer.Length - done, PatternBytes - at), _length - _position);
            _pattern.AsSpan(at, count).CopyTo(buffer[done..]);
            done += count;
            _position += count;
        }

        return done;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("the pattern cannot be sought");

    public override void SetLength(long value) => throw new NotSupportedException("the pattern has its length");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("the pattern is read-only");
}
