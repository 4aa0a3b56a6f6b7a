using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// The entries of one node on its disk: appended in order, replayed at start, cut below what the store has on stable storage. Entries are
/// numbered without gaps; the newest entry that the store has flushed is kept, so that an emptied log is told from a new one.
/// </summary>
internal sealed class CommandLog : IAsyncDisposable
{
    private const string Directory = "log";

    // A cut removes whole segments only. The smallest hold 64 entries that were flushed one by one; between two flushes of a large log
    // there are some ten thousand marks of 16 bytes.
    private const ulong EntriesBetweenMarks = 16;

    // Guards _marks: the applier adds, the trimmer takes.
    private readonly Lock _marksLock = new();
    private readonly Queue<(ulong Index, long Position)> _marks = new();
    private Journal? _journal;
    private ulong _markedIndex;
    private ulong _lastIndex;
    private ulong _lastTerm;
    private long _lastPosition;

    private CommandLog()
    {
    }

    /// <summary>The newest entry found when the log was opened.</summary>
    public LogPoint Last => new(_lastTerm, _lastIndex);

    /// <summary>Entries found that had been given up for lack of space.</summary>
    public int Ignored { get; private set; }

    public JournalRecovery Recovery => Opened.Recovery;

    private Journal Opened => _journal ?? throw new InvalidOperationException("the log is not open");

    /// <summary>Opens the log and hands every entry above <paramref name="applied"/> to <paramref name="replay"/>, in order.</summary>
    public static async Task<CommandLog> OpenAsync(
        IDisk disk, CommandLogOptions options, TimeProvider time, ulong applied, Action<LogPoint, Command> replay,
        CancellationToken cancellation)
    {
        var log = new CommandLog();
        await disk.CreateDirectoryAsync(Directory).ConfigureAwait(false);
        await disk.FlushDirectoryAsync("").ConfigureAwait(false);
        var journal = new JournalOptions
        {
            OwnerId = options.ClusterId,
            SegmentBytes = options.SegmentBytes,
            QueueBytesMax = options.QueueBytesMax,
            MustExist = options.MustExist,
        };
        try
        {
            log._journal = await Journal.OpenAsync(
                disk, Directory, journal, time, record => log.Replay(record, applied, replay), cancellation).ConfigureAwait(false);
        }
        catch (JournalDamagedException error)
        {
            throw new DfsException(ErrorCode.Corrupt, "command log: open", error.Message, error);
        }
        catch (JournalOwnerException error)
        {
            throw new DfsException(ErrorCode.WrongCluster, "command log: open", error.Message, error);
        }

        if (log._lastIndex < applied)
        {
            await log.DisposeAsync().ConfigureAwait(false);
            throw LogEntryFormat.Corrupt($"it ends at entry {log._lastIndex}, but the store has applied entry {applied}");
        }

        log.MarkNewest();
        return log;
    }

    /// <summary>Order of calls = order in the log. Completes when the entry is on stable storage.</summary>
    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> command) => Opened.AppendAsync(head, command);

    /// <summary>Remembers where a durable entry stands.</summary>
    public void Mark(ulong index, long position)
    {
        if (_markedIndex != 0 && index - _markedIndex < EntriesBetweenMarks)
        {
            return;
        }

        _markedIndex = index;
        lock (_marksLock)
        {
            _marks.Enqueue((index, position));
        }
    }

    /// <summary>Cuts what lies below <paramref name="flushedIndex"/>, the index read back from the store's flushed files.</summary>
    public async Task TrimAsync(ulong flushedIndex)
    {
        long? keep = null;
        lock (_marksLock)
        {
            while (_marks.TryPeek(out var mark) && mark.Index <= flushedIndex)
            {
                keep = mark.Position;
                _marks.Dequeue();
            }
        }

        if (keep is { } position)
        {
            await Opened.TrimAsync(position).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_journal is { } journal)
        {
            await journal.DisposeAsync().ConfigureAwait(false);
        }
    }

    // Each start begins a segment, however few entries are in the last one: all of them can go once the store is flushed.
    private void MarkNewest()
    {
        if (_lastIndex > _markedIndex)
        {
            _markedIndex = 0;
            Mark(_lastIndex, _lastPosition);
        }
    }

    private ValueTask Replay(JournalRecord record, ulong applied, Action<LogPoint, Command> replay)
    {
        var entry = record.Payload.Span;
        var point = LogEntryFormat.ReadHead(entry);
        bool first = _lastIndex == 0;
        if (first && point.Index > applied + 1)
        {
            throw LogEntryFormat.Corrupt($"it begins with entry {point.Index}, but the store has applied only entry {applied}");
        }

        if (!first && point.Index > _lastIndex + 1)
        {
            // Written behind entries that were refused for lack of space: never acknowledged, never applied, its number was used again.
            // A hole that damage tore is found by the journal, which counts its batches.
            Ignored++;
            return ValueTask.CompletedTask;
        }

        if (!first && point.Index <= _lastIndex)
        {
            throw LogEntryFormat.Corrupt($"entry {point.Index} follows entry {_lastIndex}");
        }

        if (point.Index == 0 || point.Term < _lastTerm)
        {
            throw LogEntryFormat.Corrupt($"entry {point.Index} has term {point.Term} after term {_lastTerm}");
        }

        _lastIndex = point.Index;
        _lastTerm = point.Term;
        _lastPosition = record.Position;
        Mark(point.Index, record.Position);
        if (point.Index > applied)
        {
            replay(point, LogEntryFormat.ReadCommand(entry));
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>How the log lies on its disk.</summary>
internal sealed record CommandLogOptions(ulong ClusterId, bool MustExist, long SegmentBytes, long QueueBytesMax);
