using DfsNet.Storage.Disk;

namespace DfsNet.Storage.Journals;

/// <summary>The bounded line between the callers of a journal and its writing loop. The order of calls is the order of positions.</summary>
internal sealed class AppendQueue(string directory, long bytesMax, long firstPosition)
{
    // What is kept for reuse: more callers than this at once pay an allocation.
    private const int PooledMax = 1024;

    // Requests and empty records cost no bytes; this bounds them.
    private const int EntriesMax = 256 * 1024;

    private readonly object _gate = new();
    private readonly Queue<PendingAppend> _entries = new();
    private readonly Stack<PendingAppend> _pool = new();
    private readonly SemaphoreSlim _wake = new(0);
    private long _queuedBytes;
    private long _endPosition = firstPosition;
    private DiskException? _failure;
    private bool _closed;
    private bool _quiet;
    private bool _sleeping;

    public long EndPosition
    {
        get
        {
            // Guards every field above.
            lock (_gate)
            {
                return _endPosition;
            }
        }
    }

    public DiskException? Failure
    {
        get
        {
            // Guards every field above.
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>Queues a record; its position is fixed when this returns.</summary>
    public ValueTask<long> Append(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) => Enqueue(PendingKind.Record, 0, head, body);

    /// <summary>Queues a rotation, which gets the position of the next record.</summary>
    public ValueTask<long> Rotate() => Enqueue(PendingKind.Rotate, 0, default, default);

    public ValueTask<long> Trim(long position) => Enqueue(PendingKind.Trim, position, default, default);

    /// <summary>Asks the loop for an empty batch when it finds nothing else to do.</summary>
    public void NoteQuiet()
    {
        // Guards the queue and its flags.
        lock (_gate)
        {
            _quiet = true;
            Wake();
        }
    }

    /// <summary>Nothing more is accepted; the loop ends when it has written what is queued.</summary>
    public void Close()
    {
        // Guards the queue and its flags.
        lock (_gate)
        {
            _closed = true;
            Wake();
        }
    }

    /// <summary>Moves the next batch of records, or one request, into <paramref name="taken"/>.</summary>
    public void Take(List<PendingAppend> taken, int batchBytesMax)
    {
        // Guards the queue and its flags.
        lock (_gate)
        {
            int bytes = 0;
            while (_entries.TryPeek(out var next)
                && (taken.Count == 0 || (next.Kind == PendingKind.Record && bytes + next.Bytes <= batchBytesMax)))
            {
                taken.Add(_entries.Dequeue());
                bytes += next.Bytes;
                _queuedBytes -= next.Bytes;
                if (next.Kind != PendingKind.Record)
                {
                    break;
                }
            }
        }
    }

    /// <summary>Waits until there is something to do; says what there is besides entries.</summary>
    public async ValueTask<(bool Quiet, bool Closed)> WaitAsync()
    {
        while (true)
        {
            // Guards the queue and its flags.
            lock (_gate)
            {
                if (_entries.Count > 0 || _quiet || _closed)
                {
                    bool quiet = _quiet;
                    _quiet = false;
                    return (quiet, _closed && _entries.Count == 0);
                }

                _sleeping = true;
            }

            await _wake.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Fails what is queued behind a record that failed: it may build on it. The queue goes on.</summary>
    public void Refuse(DiskException reason)
    {
        foreach (var entry in TakeEverything())
        {
            entry.Fail(Repeat(reason));
        }
    }

    /// <summary>Fails what is queued and whatever comes, for good.</summary>
    public void Fail(DiskException reason)
    {
        // Guards the queue and its flags.
        lock (_gate)
        {
            _failure ??= reason;
        }

        Refuse(reason);
    }

    public void Return(PendingAppend entry)
    {
        // Guards the pool.
        lock (_gate)
        {
            if (_pool.Count < PooledMax)
            {
                _pool.Push(entry);
            }
        }
    }

    /// <summary>An exception object per waiter: thrown twice, one object would collect everybody's stack.</summary>
    public static DiskException Repeat(DiskException reason) =>
        new(reason.Failure, reason.Operation, reason.Path, reason.Errno, reason.Message);

    private ValueTask<long> Enqueue(PendingKind kind, long position, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        // Guards the queue, its flags and the positions.
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(Journal));
            if (_failure is not null)
            {
                return ValueTask.FromException<long>(Repeat(_failure));
            }

            if (_entries.Count >= EntriesMax || (_entries.Count > 0 && _queuedBytes + head.Length + body.Length > bytesMax))
            {
                return ValueTask.FromException<long>(
                    new DiskException(DiskFailure.Refused, "append", directory, 0, "the journal's queue is full"));
            }

            var entry = _pool.TryPop(out var pooled) ? pooled : new PendingAppend(this);
            entry.Set(kind, kind == PendingKind.Trim ? position : _endPosition, head, body);
            if (kind == PendingKind.Record)
            {
                _endPosition++;
            }

            _entries.Enqueue(entry);
            _queuedBytes += entry.Bytes;
            Wake();
            return entry.Task;
        }
    }

    private PendingAppend[] TakeEverything()
    {
        // Guards the queue.
        lock (_gate)
        {
            var entries = _entries.ToArray();
            _entries.Clear();
            _queuedBytes = 0;
            return entries;
        }
    }

    // Called with the gate held. The semaphore runs its waiter on the thread pool, never here.
    private void Wake()
    {
        if (_sleeping)
        {
            _sleeping = false;
            _wake.Release();
        }
    }
}
