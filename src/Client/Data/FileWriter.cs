using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>
/// The writing side of one file: gathers bytes into pieces, sends them, commits what is acknowledged. Memory is bounded by one append
/// window. Not for concurrent use. After a failure every further call fails: nobody knows better than the caller what to do then.
/// </summary>
internal sealed class FileWriter(WriteSession session, int replication, ICommitTarget target, DfsClientOptions options, TimeProvider time)
{
    // A commit of this many slices is far below the bound of a command, and few enough of them are kept in memory.
    private const int DraftsMax = Limits.CommitSlicesMax / 2;

    private readonly BurstAppender _appender = new(session.Pool, replication, time, options.CallTimeout);
    private readonly List<SliceDraft> _drafts = [];
    private BulkBuffer? _buffer;
    private long _bufferOffset;
    private int _filled;
    private Task<CommandResult?> _commit = Task.FromResult<CommandResult?>(null);
    private DfsException? _failure;
    private bool _over;

    /// <summary>Bytes acknowledged by every replica so far.</summary>
    public long DurableBytes { get; private set; }

    /// <summary>Whether bytes were written that no commit covers yet.</summary>
    public bool HasUncommitted => !_over && (_filled != 0 || _appender.HasPending || _drafts.Count != 0 || !_commit.IsCompleted);

    /// <summary>Whether it neither failed nor was finished or abandoned.</summary>
    public bool IsUsable => !_over && _failure is null;

    /// <summary>Whether closing has something to do: uncommitted bytes, or a file that only appears then.</summary>
    public bool NeedsFinish => HasUncommitted || (!_over && !target.IsVisible);

    public async ValueTask WriteAsync(long fileOffset, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        ThrowWhenOver();
        var deadline = NewDeadline();
        while (!data.IsEmpty)
        {
            if (_filled != 0 && fileOffset != _bufferOffset + _filled)
            {
                await GuardAsync(PushAsync(deadline, cancellation)).ConfigureAwait(false);
            }

            await MakeRoomAsync(fileOffset, data.Length, deadline, cancellation).ConfigureAwait(false);
            int length = Math.Min(data.Length, _buffer!.Length - _filled);
            data[..length].Span.CopyTo(_buffer.Span[_filled..]);
            _filled += length;
            fileOffset += length;
            data = data[length..];
            if (_filled == _buffer.Length && _filled >= _appender.NextPieceBytes)
            {
                await GuardAsync(PushAsync(deadline, cancellation)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// A place to put the bytes at <paramref name="fileOffset"/> directly; tell how many with <see cref="AdvanceAsync"/>.
    /// </summary>
    public async ValueTask<Memory<byte>> ReserveAsync(long fileOffset, CancellationToken cancellation)
    {
        ThrowWhenOver();
        if (_filled != 0 && fileOffset != _bufferOffset + _filled)
        {
            await GuardAsync(PushAsync(NewDeadline(), cancellation)).ConfigureAwait(false);
        }

        await MakeRoomAsync(fileOffset, 1, NewDeadline(), cancellation).ConfigureAwait(false);
        return _buffer!.Memory[_filled..];
    }

    public async ValueTask AdvanceAsync(int length, CancellationToken cancellation)
    {
        _filled += length;
        if (_buffer is not null && _filled == _buffer.Length && _filled >= _appender.NextPieceBytes)
        {
            await GuardAsync(PushAsync(NewDeadline(), cancellation)).ConfigureAwait(false);
        }
    }

    /// <summary>Returns when the bytes are durable and, unless the file appears only at the end, committed.</summary>
    public Task<CommandResult?> FlushAsync(CancellationToken cancellation)
    {
        ThrowWhenOver();
        return GuardAsync(FlushCoreAsync(NewDeadline(), cancellation));
    }

    /// <summary>The last flush and commit.</summary>
    public async Task<CommandResult> FinishAsync(CancellationToken cancellation)
    {
        ThrowWhenOver();
        var result = await GuardAsync(FinishCoreAsync(NewDeadline(), cancellation)).ConfigureAwait(false);
        _over = true;
        return result;
    }

    /// <summary>Gives up what is not committed.</summary>
    public void Abandon()
    {
        if (_over)
        {
            return;
        }

        _over = true;
        _appender.Abandon();
        foreach (var draft in _drafts)
        {
            draft.Extent.Chunk.DropUncommitted(draft.Appends);
        }

        _drafts.Clear();
        _buffer?.Dispose();
        _buffer = null;
        _filled = 0;
        _ = AbandonTargetAsync();
    }

    // Behind the caller's back: if it fails, the end of the session does it.
    private async Task AbandonTargetAsync()
    {
        await ((Task)_commit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await target.AbandonAsync(NewDeadline()).ConfigureAwait(false);
        }
        catch (Exception error) when (error is DfsException or OperationCanceledException)
        {
            // Nobody can do more about it.
            _failure ??= error as DfsException;
        }
    }

    private CallDeadline NewDeadline() => new(time, options.CallTimeout);

    private void ThrowWhenOver()
    {
        if (_failure is { } failure)
        {
            throw new DfsException(failure.Code, failure.Step, $"an earlier write failed: {failure.Message}", failure);
        }

        ObjectDisposedException.ThrowIf(_over, typeof(DfsFileStream));
    }

    private async Task GuardAsync(Task step)
    {
        try
        {
            await step.ConfigureAwait(false);
        }
        catch (DfsException error)
        {
            _failure ??= error;
            throw;
        }
        catch (OperationCanceledException)
        {
            // Bytes may be half on their way: the writer cannot tell what a repeated call would mean.
            _failure ??= new DfsException(ErrorCode.Unavailable, "write", "an earlier write was cancelled");
            throw;
        }
    }

    private async Task<T> GuardAsync<T>(Task<T> step)
    {
        await GuardAsync((Task)step).ConfigureAwait(false);
        return await step.ConfigureAwait(false);
    }

    // Files are small more often than not: the first buffer is a block, and grows to a frame when it does not do.
    private async ValueTask MakeRoomAsync(long fileOffset, int wanted, CallDeadline deadline, CancellationToken cancellation)
    {
        int most = _appender.NextPieceBytes;
        if (_buffer is not null && _filled == _buffer.Length)
        {
            if (most > _filled)
            {
                var larger = BulkBuffer.Rent(most);
                _buffer.Span.CopyTo(larger.Span);
                _buffer.Dispose();
                _buffer = larger;
                return;
            }

            await GuardAsync(PushAsync(deadline, cancellation)).ConfigureAwait(false);
            most = _appender.NextPieceBytes;
        }

        if (_buffer is null)
        {
            _buffer = BulkBuffer.Rent(wanted >= Limits.BlockSize ? most : Math.Min(most, Limits.BlockSize));
            _bufferOffset = fileOffset;
            _filled = 0;
        }
        else if (_filled == 0)
        {
            _bufferOffset = fileOffset;
        }
    }

    private async Task PushAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        if (_filled == 0)
        {
            return;
        }

        while (_appender.HasSettled || _appender.MustSettleFirst(_filled))
        {
            await SettleOldestAsync(deadline, cancellation).ConfigureAwait(false);
        }

        var piece = _buffer!;
        piece.Trim(_filled);
        _buffer = null;
        _filled = 0;
        await _appender.SendAsync(_bufferOffset, piece, deadline, cancellation).ConfigureAwait(false);
    }

    private async Task SettleOldestAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        var (offset, extent) = await _appender.SettleOldestAsync(deadline, cancellation).ConfigureAwait(false);
        DurableBytes += extent.Length;
        if (_drafts.Count != 0 && _drafts[^1].Extend(offset, extent) is { } longer)
        {
            _drafts[^1] = longer;
            return;
        }

        // A chunk is left behind: its slices are committed together with its seal, while the next one fills. Appends stay whole instead.
        if (!target.AtEnd && _drafts.Count != 0 && (_drafts.Count >= DraftsMax || _drafts[^1].Extent.Chunk != extent.Chunk))
        {
            await StartCommitAsync().ConfigureAwait(false);
        }

        _drafts.Add(new SliceDraft(offset, extent, 1));
    }

    // One commit at a time, in order; the next waits for it.
    private async Task StartCommitAsync()
    {
        await _commit.ConfigureAwait(false);
        var batch = new CommitBatch(_drafts);
        _drafts.Clear();
        _commit = CommitAsync(batch, target.CommitAsync);
    }

    private async Task<CommandResult?> CommitAsync(
        CommitBatch batch, Func<CommitBatch, CallDeadline, CancellationToken, Task<CommandResult>> commit)
    {
        bool committed = false;
        try
        {
            // Not ended by the caller's cancellation: a commit that was sent is better known than unknown.
            var result = await commit(batch, NewDeadline(), CancellationToken.None).ConfigureAwait(false);
            batch.Committed();
            committed = true;
            return result;
        }
        finally
        {
            if (!committed)
            {
                batch.Dropped();
            }
        }
    }

    private async Task<CommandResult?> FlushCoreAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        await DrainAsync(deadline, cancellation).ConfigureAwait(false);
        if (!target.IsVisible)
        {
            return null;
        }

        // Longer appends than one command takes are the only ones that do not stay whole.
        while (_drafts.Count != 0)
        {
            var some = _drafts.Take(Limits.CommitSlicesMax).ToList();
            _drafts.RemoveRange(0, some.Count);
            var batch = new CommitBatch(some, target.AtEnd ? some[0].FileOffset : 0);
            await _commit.WaitAsync(cancellation).ConfigureAwait(false);
            _commit = CommitAsync(batch, target.CommitAsync);
        }

        return await _commit.WaitAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<CommandResult> FinishCoreAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        if (target.IsVisible)
        {
            return await FlushCoreAsync(deadline, cancellation).ConfigureAwait(false) ?? new CommandResult();
        }

        await DrainAsync(deadline, cancellation).ConfigureAwait(false);
        await _commit.WaitAsync(cancellation).ConfigureAwait(false);
        var batch = new CommitBatch(_drafts);
        _drafts.Clear();
        _commit = CommitAsync(batch, target.FinishAsync);
        return (await _commit.WaitAsync(cancellation).ConfigureAwait(false))!;
    }

    private async Task DrainAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        await PushAsync(deadline, cancellation).ConfigureAwait(false);
        while (_appender.HasPending)
        {
            await SettleOldestAsync(deadline, cancellation).ConfigureAwait(false);
        }

        _appender.EndBurst();
    }
}
