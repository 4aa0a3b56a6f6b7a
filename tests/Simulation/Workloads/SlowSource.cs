using DfsNet.Simulation.Checkers.Contents;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Workloads;

/// <summary>The bytes of a pattern, as slowly as a program makes them: before every piece it takes its time.</summary>
internal sealed class SlowSource(Life life, int pattern, long length, IReadOnlyList<TimeSpan> pauses) : Stream
{
    private readonly long _pieceBytes = Math.Max(1, (length + pauses.Count - 1) / pauses.Count);
    private long _position;
    private int _paused;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("nobody knows it before the end");

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("it goes forward only");
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= _paused * _pieceBytes && _paused < pauses.Count)
        {
            await PauseAsync(pauses[_paused++]).ConfigureAwait(false);
        }

        int read = (int)Math.Min(buffer.Length, Math.Min(length, _paused * _pieceBytes) - _position);
        Pattern.Fill(pattern, _position, buffer.Span[..read]);
        _position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("it does not block its caller");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("it gives bytes, and takes none");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("it goes forward only");

    public override void SetLength(long value) => throw new NotSupportedException("it gives bytes, and takes none");

    public override void Flush()
    {
    }

    /// <summary>In the time of its process, which may stand still or end meanwhile.</summary>
    private Task PauseAsync(TimeSpan pause)
    {
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        life.After(pause, passed.SetResult);
        return passed.Task;
    }
}
