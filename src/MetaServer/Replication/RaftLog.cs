using DfsNet.Consensus;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// The command log of one node on its disk. A record at an index supersedes earlier ones at and above it; the file is never shortened. Cut
/// below what the store has on stable storage; the newest entry that the store has flushed is kept, so that an emptied log is told from a
/// new one.
/// </summary>
internal sealed class RaftLog : IAsyncDisposable
{
    // A cut removes whole segments only. The smallest hold 64 entries that were flushed one by one; between two flushes of a large log
    // there are some ten thousand marks of 16 bytes.
    private const ulong EntriesBetweenMarks = 16;

    // The journal writes batches in pages of this size.
    private const int BatchOverheadBytes = 4096;

    // Beside what may wait for the log, room for what the journal is writing.
    private const long QueueBytesMax = 2 * Mailbox.ProposalBytesMax;

    // Guards _marks and _markedIndex: the writer adds and supersedes, the trimmer takes.
    private readonly Lock _marksLock = new();
    private readonly List<(ulong Index, long Position)> _marks = [];
    private readonly Journal _journal;
    private ulong _markedIndex;
    private long _bytes;

    private RaftLog(Journal journal, ReplayedLog replayed)
    {
        _journal = journal;
        Replayed = replayed;
        foreach (var (index, position) in replayed.Positions)
        {
            Mark(index, position);
        }

        // Each start begins a segment, however few entries are in the last one: all of them can go once the store is flushed.
        if (replayed.Positions is [.., var newest] && newest.Index > _markedIndex)
        {
            _markedIndex = 0;
            Mark(newest.Index, newest.Position);
        }
    }

    /// <summary>What was found when the log was opened.</summary>
    public ReplayedLog Replayed { get; }

    public JournalRecovery Recovery => _journal.Recovery;

    /// <summary>About how many bytes the log took since the start; what the store's flush is paced by.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Opens the log and reads what it holds above <paramref name="applied"/>.</summary>
    /// <exception cref="JournalDamagedException">Flushed records are damaged.</exception>
    public static async Task<RaftLog> OpenAsync(
        IDisk disk, RaftLogOptions options, TimeProvider time, LogPoint applied, CancellationToken cancellation)
    {
        await disk.CreateDirectoryAsync(options.Directory).ConfigureAwait(false);
        await disk.FlushDirectoryAsync("").ConfigureAwait(false);
        var journal = new JournalOptions
        {
            OwnerId = options.OwnerId,
            SegmentBytes = options.SegmentBytes,
            QueueBytesMax = QueueBytesMax,
            MustExist = options.MustExist,
        };
        var replayed = new ReplayedLog(applied);
        try
        {
            var opened = await Journal.OpenAsync(
                disk,
                options.Directory,
                journal,
                time,
                record =>
                {
                    replayed.Take(record);
                    return ValueTask.CompletedTask;
                },
                cancellation).ConfigureAwait(false);
            return new RaftLog(opened, replayed);
        }
        catch (JournalOwnerException error)
        {
            throw new DfsException(ErrorCode.WrongCluster, "command log: open", error.Message, error);
        }
    }

    /// <summary>
    /// Queues an entry: order of calls = order in the log. Completes when it is on stable storage, with its place for <see cref="Wrote"/>.
    /// </summary>
    public ValueTask<long> AppendAsync(Entry entry) => _journal.AppendAsync(LogEntryFormat.Head(entry), entry.Body);

    /// <summary>The first entry of a new log stands durably.</summary>
    public void Found(Entry first, long position)
    {
        Replayed.Found(first, position);
        Mark(first.Point.Index, position);
    }

    /// <summary>Says durably that the log begins anew behind a snapshot.</summary>
    public async Task BeginAnewAsync(LogPoint snapshot)
    {
        long position = await _journal.AppendAsync(LogEntryFormat.BaseRecord(snapshot)).ConfigureAwait(false);
        lock (_marksLock)
        {
            _marks.Clear();
            _marks.Add((snapshot.Index, position));
            _markedIndex = snapshot.Index;
        }
    }

    /// <summary>An entry stands durably at a position. One that had to be waited for begins a batch, which fills whole pages.</summary>
    public void Wrote(Entry entry, long position, bool beginsBatch)
    {
        Interlocked.Add(ref _bytes, entry.Body.Length + LogEntryFormat.HeadBytes + (beginsBatch ? BatchOverheadBytes : 0));
        lock (_marksLock)
        {
            if (entry.Point.Index <= _markedIndex)
            {
                _marks.RemoveAll(mark => mark.Index >= entry.Point.Index);
                _markedIndex = 0;
            }
        }

        Mark(entry.Point.Index, position);
    }

    /// <summary>Cuts what lies below <paramref name="flushedIndex"/>, the index read back from the store's flushed files.</summary>
    public async Task TrimAsync(ulong flushedIndex)
    {
        long? keep = null;
        lock (_marksLock)
        {
            int below = _marks.FindLastIndex(mark => mark.Index <= flushedIndex);
            if (below >= 0)
            {
                keep = _marks[below].Position;
                _marks.RemoveRange(0, below);
            }
        }

        if (keep is { } position)
        {
            await _journal.TrimAsync(position).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _journal.DisposeAsync();

    private void Mark(ulong index, long position)
    {
        lock (_marksLock)
        {
            if (_markedIndex == 0 || index - _markedIndex >= EntriesBetweenMarks)
            {
                _markedIndex = index;
                _marks.Add((index, position));
            }
        }
    }
}

/// <summary>How the log lies on its disk.</summary>
internal sealed record RaftLogOptions(string Directory, ulong OwnerId, bool MustExist, long SegmentBytes);
