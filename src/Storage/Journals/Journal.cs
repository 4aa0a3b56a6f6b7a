using DfsNet.Storage.Disk;

namespace DfsNet.Storage.Journals;

/// <summary>
/// A durable log of records with group commit. One loop takes what is queued, writes it as one batch, flushes, and completes every waiter;
/// while a flush runs the next batch gathers. After a failed flush (or EIO and its like) the journal is failed for good. A full disk fails
/// the records of that moment, and everything queued behind them, with <see cref="DiskFailure.Full"/>; the journal works again once there
/// is space. Positions of refused records are not used again: positions grow, with gaps.
/// </summary>
public sealed class Journal : IAsyncDisposable
{
    private readonly JournalOptions _options;
    private readonly AppendQueue _queue;
    private readonly SegmentLog _log;
    private readonly BatchBuffer _batch = new();
    private readonly List<PendingAppend> _taken = [];
    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly ITimer _quietTimer;
    private readonly Task _loop;

    // The last batch holds records and nothing behind it says yet that it was flushed.
    private bool _unproven;

    private Journal(JournalOptions options, string directory, TimeProvider time, SegmentLog log, JournalRecovery recovery)
    {
        _options = options;
        _directory = directory;
        _time = time;
        _log = log;
        _queue = new AppendQueue(directory, options.QueueBytesMax, recovery.EndPosition);
        Recovery = recovery;
        _quietTimer = time.CreateTimer(
            static queue => ((AppendQueue)queue!).NoteQuiet(), _queue, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _loop = RunAsync();
    }

    /// <summary>What opening found.</summary>
    public JournalRecovery Recovery { get; }

    /// <summary>The position the next record will get.</summary>
    public long EndPosition => _queue.EndPosition;

    /// <summary>Why nothing is written here any more, or null.</summary>
    public DiskException? Failure => _queue.Failure;

    /// <summary>
    /// Reads the log, begins a new segment behind it, and hands every record to <paramref name="replay"/> in order, each when it is on
    /// stable storage: what nothing says was flushed is written again before. Records may be served only after this returned. Throws
    /// <see cref="JournalDamagedException"/>, <see cref="JournalOwnerException"/>, <see cref="DiskException"/>.
    /// </summary>
    public static async Task<Journal> OpenAsync(
        IDisk disk,
        string directory,
        JournalOptions options,
        TimeProvider time,
        Func<JournalRecord, ValueTask> replay,
        CancellationToken cancellation)
    {
        var scan = new JournalScan(disk, directory, options, replay);
        var scanned = await scan.RunAsync(cancellation).ConfigureAwait(false);
        var log = new SegmentLog(disk, directory, options, scanned);
        bool opened = false;
        try
        {
            // Whoever acts on a record may do so durably: the record has to be durable before.
            await log.StartAsync(scanned).ConfigureAwait(false);
            var recovery = await scan.ReplayUnprovenAsync(scanned).ConfigureAwait(false);
            opened = true;
            return new Journal(options, directory, time, log, recovery);
        }
        finally
        {
            if (!opened)
            {
                await log.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Queues one record made of two parts; the order of calls is the order in the log. The task ends when the record is durable, with its
    /// position; until then both memories must stay as they are. Fails with <see cref="DiskException"/>.
    /// </summary>
    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)head.Length + body.Length, JournalFormat.RecordBytesMax);
        return _queue.Append(head, body);
    }

    /// <summary>Starts a new segment behind what is queued; its first position, to be trimmed up to later.</summary>
    public Task<long> RotateAsync() => _queue.Rotate().AsTask();

    /// <summary>Removes the segments that lie wholly below a position; durable when the task ends.</summary>
    public Task TrimAsync(long position) => _queue.Trim(position).AsTask();

    /// <summary>
    /// Writes what is queued and lets go of the files. When the disk hangs, what is queued fails after a while, and the files are let go
    /// of when it answers.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        if (!await Patience.WaitAsync(EndAsync(), Patience.AtStop, _time).ConfigureAwait(false))
        {
            _queue.Fail(new DiskException(DiskFailure.Failed, "journal", _directory, 0, "the disk hung while the journal was closed"));
        }
    }

    private async Task EndAsync()
    {
        await _loop.ConfigureAwait(false);
        await _quietTimer.DisposeAsync().ConfigureAwait(false);
        await _log.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        bool ended = false;
        try
        {
            while (!ended)
            {
                var (quiet, closed) = await _queue.WaitAsync().ConfigureAwait(false);
                _queue.Take(_taken, _options.BatchBytesMax);
                ended = await WorkAsync(quiet, closed).ConfigureAwait(false);
                _taken.Clear();
            }
        }
        finally
        {
            // Only a defect of ours comes here without an end: nobody may wait for ever because of it.
            if (!ended)
            {
                Fail(new DiskException(DiskFailure.Failed, "journal", "", 0, "the journal's loop broke off"));
            }
        }
    }

    /// <summary>One round of the loop; true when there will be no other.</summary>
    private async Task<bool> WorkAsync(bool quiet, bool closed)
    {
        try
        {
            bool records = _taken.Count > 0 && _taken[0].Kind == PendingKind.Record;
            if (records)
            {
                await WriteRecordsAsync().ConfigureAwait(false);
            }
            else if (_unproven && (quiet || closed))
            {
                await _log.AppendEmptyAsync(_batch).ConfigureAwait(false);
                _unproven = false;
            }

            if (_taken.Count > 0 && !records)
            {
                await HandleRequestAsync(_taken[0]).ConfigureAwait(false);
            }

            return closed;
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Failed)
        {
            Fail(error);
            return true;
        }
        catch (DiskException error)
        {
            Refuse(error);
            return closed;
        }
    }

    private async Task WriteRecordsAsync()
    {
        _batch.Clear();
        foreach (var entry in _taken)
        {
            _batch.Add(entry.Head.Span, entry.Body.Span);
        }

        await _log.AppendAsync(_batch, _taken[0].Position).ConfigureAwait(false);
        if (_queue.Failure is { } givenUp)
        {
            // Closed without waiting for this: somebody else may have opened the log since, and ended it before these records.
            throw AppendQueue.Repeat(givenUp);
        }

        _unproven = true;
        _quietTimer.Change(_options.QuietFlush, Timeout.InfiniteTimeSpan);
        foreach (var entry in _taken)
        {
            entry.Complete(entry.Position);
        }
    }

    private async Task HandleRequestAsync(PendingAppend request)
    {
        long result = request.Position;
        if (request.Kind == PendingKind.Rotate)
        {
            // The header of the new segment names the end of this one, which proves it.
            result = await _log.RotateAsync(request.Position).ConfigureAwait(false);
            _unproven = false;
        }
        else
        {
            await _log.TrimAsync(request.Position, _batch).ConfigureAwait(false);
        }

        request.Complete(result);
    }

    private void Refuse(DiskException error)
    {
        bool records = _taken.Count > 0 && _taken[0].Kind == PendingKind.Record;
        foreach (var entry in _taken)
        {
            entry.Fail(AppendQueue.Repeat(error));
        }

        if (records)
        {
            _queue.Refuse(error);
        }
    }

    private void Fail(DiskException error)
    {
        foreach (var entry in _taken)
        {
            entry.Fail(AppendQueue.Repeat(error));
        }

        _queue.Fail(error);
    }
}
