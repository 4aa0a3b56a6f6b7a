using System.Threading.Tasks.Sources;

namespace DfsNet.Storage.Journals;

/// <summary>What an entry of the append queue asks for.</summary>
internal enum PendingKind
{
    Record,

    /// <summary>Start a new segment.</summary>
    Rotate,

    /// <summary>Drop the segments below the position.</summary>
    Trim,
}

/// <summary>One queued record or request, and the task its caller waits on; pooled, so that an append allocates nothing.</summary>
internal sealed class PendingAppend(AppendQueue queue) : IValueTaskSource<long>
{
    // Continuations leave the writer's loop, which must not run its callers' code.
    private ManualResetValueTaskSourceCore<long> _source = new() { RunContinuationsAsynchronously = true };

    public PendingKind Kind { get; private set; }

    public ReadOnlyMemory<byte> Head { get; private set; }

    public ReadOnlyMemory<byte> Body { get; private set; }

    public long Position { get; private set; }

    public int Bytes => JournalFormat.RecordHeaderBytes + Head.Length + Body.Length;

    public ValueTask<long> Task => new(this, _source.Version);

    public void Set(PendingKind kind, long position, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        Kind = kind;
        Position = position;
        Head = head;
        Body = body;
    }

    public void Complete(long result)
    {
        Head = default;
        Body = default;
        _source.SetResult(result);
    }

    public void Fail(Exception error)
    {
        Head = default;
        Body = default;
        _source.SetException(error);
    }

    long IValueTaskSource<long>.GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
            queue.Return(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<long>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<long>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
