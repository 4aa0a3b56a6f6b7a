using System.Security.Cryptography;

namespace DfsNet.Cluster.Harness;

/// <summary>Bytes that can be made again from a number, so that what was stored is compared without being kept.</summary>
internal static class Content
{
    public static byte[] Of(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A stream of <paramref name="length"/> bytes that calls <paramref name="at"/> once, when so many were taken.</summary>
    public static Stream Stream(int seed, long length, long callAt = long.MaxValue, Action? at = null) =>
        new SeededStream(seed, length, callAt, at);

    public static async Task<string> HashAsync(Stream stream) => Convert.ToHexString(await SHA256.HashDataAsync(stream));

    /// <summary>A repeating pattern of a prime length: no two blocks or frames of it are alike.</summary>
    private sealed class SeededStream(int seed, long length, long callAt, Action? at) : Stream
    {
        private const int PatternLength = 1_000_003;

        private readonly byte[] _pattern = Of(seed, PatternLength);
        private Action? _at = at;
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            int offset = (int)(_position % PatternLength);
            int count = (int)Math.Min(Math.Min(buffer.Length, PatternLength - offset), length - _position);
            _pattern.AsSpan(offset, count).CopyTo(buffer);
            _position += count;
            if (_position >= callAt)
            {
                Interlocked.Exchange(ref _at, null)?.Invoke();
            }

            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));

        public override void Flush()
        {
            // Nothing is buffered.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
