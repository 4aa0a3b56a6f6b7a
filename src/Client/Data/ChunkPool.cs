using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>How a pooled writer is used at the moment.</summary>
internal enum WriterUse
{
    /// <summary>By nobody.</summary>
    Idle,

    /// <summary>By many small appends, whose pieces share frames.</summary>
    Shared,

    /// <summary>By one stream, for a burst.</summary>
    Borrowed,
}

/// <summary>A chunk writer in the pool.</summary>
internal sealed class PooledWriter(ChunkWriter writer, int replication, WriterUse use)
{
    public ChunkWriter Writer => writer;

    public int Replication => replication;

    public WriterUse Use { get; set; } = use;
}

/// <summary>
/// The open chunks of a session: a few, whatever the number of streams. Small appends of many callers share one; a large stream borrows
/// one for a burst. Files of different replication never share a chunk.
/// </summary>
internal sealed class ChunkPool(Session session, ChunkOpener opener, DfsClientOptions options, TimeProvider time) : IAsyncDisposable
{
    // A borrowed writer that got no bytes for this long may be taken away when another stream waits; its borrower takes a new one.
    private static readonly TimeSpan BurstPauseMax = TimeSpan.FromMilliseconds(250);

    // How long a waiting borrower sleeps before it looks for such a writer again.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _closing = new();

    // Guards all fields below and the uses of the writers.
    private readonly Lock _gate = new();
    private readonly List<PooledWriter> _writers = [];
    private readonly List<Task> _ending = [];
    private readonly SortedDictionary<int, Task> _sharedOpenings = [];
    private int _opening;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ChunkLedger Ledger { get; } = new(session);

    public int ChunkSize => session.ChunkSize;

    private int OpenMax => Math.Min(options.OpenChunksMax, session.OpenChunksMax);

    /// <summary>Appends at most one block, packed with what other callers append at the same time.</summary>
    public async Task<Extent> AppendSmallAsync(BulkBuffer piece, int replication, CallDeadline deadline, CancellationToken cancellation)
    {
        while (true)
        {
            var writer = await TakeSharedAsync(replication, piece.Length, deadline, cancellation).ConfigureAwait(false);
            if (writer.TryAppend(piece, out var request) != AppendRefusal.None)
            {
                // The window is full of other callers' bytes, or the chain ended just now.
                await deadline.PauseAsync(TimeSpan.FromMilliseconds(1), cancellation).ConfigureAwait(false);
                ThrowWhenOver(deadline, writer.Failure);
                continue;
            }

            if (await SettleAsync(request!, deadline, cancellation).ConfigureAwait(false) is { } extent)
            {
                return extent;
            }

            ThrowWhenOver(deadline, writer.Failure);
        }
    }

    /// <summary>A writer for one stream alone, with room for at least a block.</summary>
    public async Task<PooledWriter> BorrowAsync(int replication, CallDeadline deadline, CancellationToken cancellation)
    {
        while (true)
        {
            ThrowWhenLost();
            Task changed;
            lock (_gate) // guards the fields
            {
                RemoveEnded();
                if (_writers.Find(pooled => pooled.Replication == replication && IsFree(pooled)) is { } free)
                {
                    free.Use = WriterUse.Borrowed;
                    return free;
                }

                // One chunk is left to small appends, so that they never wait for a large stream.
                bool haveTheirs = _writers.Exists(pooled => pooled.Use == WriterUse.Shared);
                if (TryReserveOpening(haveTheirs ? OpenMax : Math.Max(1, OpenMax - 1)))
                {
                    break;
                }

                changed = _changed.Task;
            }

            await WaitForRoomAsync(changed, deadline, cancellation).ConfigureAwait(false);
        }

        return await OpenReservedAsync(replication, WriterUse.Borrowed, deadline, cancellation).ConfigureAwait(false);
    }

    /// <summary>The burst is over.</summary>
    public void Return(PooledWriter pooled)
    {
        lock (_gate) // guards the fields
        {
            pooled.Use = WriterUse.Idle;
            if (pooled.Writer.Room < Math.Min(Limits.BlockSize, ChunkSize))
            {
                pooled.Writer.Retire();
            }

            RemoveEnded();
            Pulse();
        }
    }

    /// <summary>Waits for an append; null when its chain ended first. Gives it up when the caller cannot wait any longer.</summary>
    private static async Task<Extent?> SettleAsync(AppendRequest request, CallDeadline deadline, CancellationToken cancellation)
    {
        bool settled = false;
        try
        {
            var extent = await deadline.WaitAsync(request.Done, "append", cancellation).ConfigureAwait(false);
            settled = true;
            if (extent is not null)
            {
                deadline.Progressed();
            }

            return extent;
        }
        finally
        {
            if (!settled)
            {
                _ = GiveUpAsync(request);
            }
        }
    }

    /// <summary>Nobody will commit these bytes, whatever becomes of them.</summary>
    public static async Task GiveUpAsync(AppendRequest request)
    {
        if (await request.Done.ConfigureAwait(false) is { } extent)
        {
            extent.Chunk.DropUncommitted(1);
        }
    }

    /// <summary>Seals chunks the metadata server asked for, as far as they are acknowledged within <paramref name="patience"/>.</summary>
    public async Task SealAsync(IReadOnlyCollection<ulong> chunks, TimeSpan patience, CancellationToken cancellation)
    {
        List<ChunkWriter> asked;
        lock (_gate) // guards the fields
        {
            asked = [.. _writers.Select(pooled => pooled.Writer).Where(writer => chunks.Contains(writer.Chunk.Id.Value))];
        }

        asked.ForEach(writer => writer.Retire());
        var start = time.GetTimestamp();
        while (asked.Exists(writer => !writer.Chunk.IsClosed) && time.GetElapsedTime(start) < patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellation).ConfigureAwait(false);
        }

        asked.ForEach(writer => writer.Fail(new DfsException(
            ErrorCode.TimedOut,
            "append",
            $"chunk {writer.Chunk.Id} was asked to be sealed and its last appends were not acknowledged in time")));
        await TidyAsync(new CallDeadline(time, options.CallTimeout), cancellation).ConfigureAwait(false);
    }

    /// <summary>Seals what is idle, and reports seals that no commit took along.</summary>
    public async Task TidyAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        lock (_gate) // guards the fields
        {
            foreach (var pooled in _writers.Where(pooled => pooled.Writer.Outstanding == 0 && pooled.Writer.Idle >= options.ChunkIdle))
            {
                pooled.Writer.Retire();
            }

            RemoveEnded();
        }

        if (Ledger.HasDue)
        {
            await Ledger.ReportAsync(deadline, cancellation).ConfigureAwait(false);
            lock (_gate) // guards the fields
            {
                Pulse();
            }
        }
    }

    /// <summary>Ends every chain. What is acknowledged by then stands in the ledger.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        Task[] ending;
        lock (_gate) // guards the fields
        {
            ending = [.. _writers.Select(pooled => pooled.Writer.DisposeAsync().AsTask()), .. _ending];
            _writers.Clear();
            Pulse();
        }

        await Task.WhenAll(ending).ConfigureAwait(false);
    }

    private async Task<ChunkWriter> TakeSharedAsync(int replication, int length, CallDeadline deadline, CancellationToken cancellation)
    {
        while (true)
        {
            ThrowWhenLost();
            Task? opening;
            lock (_gate) // guards the fields
            {
                foreach (var full in _writers.Where(pooled => pooled.Use != WriterUse.Borrowed && pooled.Writer.Room < length))
                {
                    full.Writer.Retire();
                }

                RemoveEnded();
                var shared = _writers.Find(pooled => pooled.Replication == replication && pooled.Use == WriterUse.Shared)
                    ?? _writers.Find(pooled => pooled.Replication == replication && pooled.Use == WriterUse.Idle);
                if (shared is not null)
                {
                    shared.Use = WriterUse.Shared;
                    return shared.Writer;
                }

                if (!_sharedOpenings.TryGetValue(replication, out opening))
                {
                    opening = OpenSharedAsync(replication);
                    if (!opening.IsCompleted)
                    {
                        _sharedOpenings.Add(replication, opening);
                    }
                }
            }

            try
            {
                await deadline.WaitAsync(WithResult(opening), "open chunk", cancellation).ConfigureAwait(false);
            }
            catch (DfsException error) when (error.Code == ErrorCode.TimedOut && opener.Refusal is { } refusal)
            {
                throw deadline.GivenUp("open chunk", refusal);
            }
        }
    }

    private static async Task<bool> WithResult(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }

    // For all who wait for it: with a deadline of its own, and not ended by the cancellation of the first.
    private async Task OpenSharedAsync(int replication)
    {
        await Task.Yield();
        try
        {
            var deadline = new CallDeadline(time, options.CallTimeout);
            while (!TryReserveShared())
            {
                await WaitForRoomAsync(Changed(), deadline, _closing.Token).ConfigureAwait(false);
            }

            await OpenReservedAsync(replication, WriterUse.Shared, deadline, _closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error)
        {
            ThrowWhenLost();
            throw new DfsException(ErrorCode.Unavailable, "open chunk", "the client is closing", error);
        }
        finally
        {
            lock (_gate) // guards the fields
            {
                _sharedOpenings.Remove(replication);
            }
        }
    }

    private bool TryReserveShared()
    {
        lock (_gate) // guards the fields
        {
            return TryReserveOpening(OpenMax);
        }
    }

    private Task Changed()
    {
        lock (_gate) // guards the fields
        {
            return _changed.Task;
        }
    }

    // Called with the gate held.
    private bool TryReserveOpening(int bound)
    {
        if (Ledger.OpenCount + _opening >= bound)
        {
            return false;
        }

        _opening++;
        return true;
    }

    private async Task<PooledWriter> OpenReservedAsync(
        int replication, WriterUse use, CallDeadline deadline, CancellationToken cancellation)
    {
        PooledWriter? pooled = null;
        try
        {
            var writer = await opener.OpenAsync(replication, GiveBack, deadline, cancellation).ConfigureAwait(false);
            pooled = new PooledWriter(writer, replication, use);
            return pooled;
        }
        finally
        {
            lock (_gate) // guards the fields
            {
                _opening--;
                if (pooled is not null)
                {
                    Ledger.Add(pooled.Writer.Chunk);
                    _writers.Add(pooled);
                }

                Pulse();
            }
        }
    }

    // A chunk that came too late: closed at once, it is reported with the next ones and dropped, instead of counting as open for ever.
    private void GiveBack(ChunkId chunk)
    {
        var owned = new OwnedChunk(chunk);
        owned.Close();
        Ledger.Add(owned);
    }

    private async Task WaitForRoomAsync(Task changed, CallDeadline deadline, CancellationToken cancellation)
    {
        bool reported = Ledger.HasDue;
        if (reported)
        {
            await Ledger.ReportAsync(deadline, cancellation).ConfigureAwait(false);
            return;
        }

        lock (_gate) // guards the fields
        {
            var spare = _writers.Find(pooled => pooled.Use == WriterUse.Idle)
                ?? _writers.Find(pooled => pooled.Use == WriterUse.Borrowed && IsPausing(pooled.Writer));
            if (spare is null && !_writers.Exists(pooled => pooled.Use == WriterUse.Borrowed))
            {
                // Where the bound is one chunk, small appends have it: with room for them, and none for whoever waits.
                int block = Math.Min(Limits.BlockSize, ChunkSize);
                spare = _writers.Find(pooled => pooled.Writer.Outstanding == 0 || pooled.Writer.Room < block);
            }

            spare?.Writer.Retire();
            RemoveEnded();
        }

        try
        {
            await changed.WaitAsync(LookAgain, time, cancellation).ConfigureAwait(false);
            deadline.Progressed();
        }
        catch (TimeoutException error)
        {
            if (deadline.IsOver)
            {
                throw deadline.TimedOut("wait for an open chunk", error);
            }
        }
    }

    private static bool IsPausing(ChunkWriter writer) => writer.Outstanding == 0 && writer.Idle > BurstPauseMax;

    private bool IsFree(PooledWriter pooled) =>
        pooled.Writer.Room >= Math.Min(Limits.BlockSize, ChunkSize)
        && (pooled.Use == WriterUse.Idle || (pooled.Use == WriterUse.Shared && pooled.Writer.Outstanding == 0));

    // Called with the gate held.
    private void RemoveEnded()
    {
        _ending.RemoveAll(task => task.IsCompleted);
        foreach (var pooled in _writers.Where(pooled => !pooled.Writer.IsOpen).ToArray())
        {
            _writers.Remove(pooled);
            opener.Blame(pooled.Writer);
            _ending.Add(EndAsync(pooled.Writer, pooled.Writer.Failure is not null));
        }
    }

    // A retired writer finishes what it has taken; only then is it disposed.
    private async Task EndAsync(ChunkWriter writer, bool blamed)
    {
        await writer.Ended.ConfigureAwait(false);
        if (!blamed)
        {
            opener.Blame(writer);
        }

        await writer.DisposeAsync().ConfigureAwait(false);
    }

    // Called with the gate held.
    private void Pulse()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private void ThrowWhenLost()
    {
        if (session.IsLost)
        {
            throw session.LostError("write");
        }
    }

    private static void ThrowWhenOver(CallDeadline deadline, DfsException? failure)
    {
        if (deadline.IsOver)
        {
            throw deadline.GivenUp("append", failure);
        }
    }
}
