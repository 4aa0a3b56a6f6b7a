using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>The one append stream of an open replica. Calls come from one caller at a time; many appends may be under way.</summary>
public sealed class ReplicaWriter
{
    private const string Step = "append";

    private readonly ChunkStore _store;
    private readonly Checkpoint _checkpoint;
    private readonly Replica _replica;
    private readonly OpenReplica _open;
    private readonly ChunkFile _file;

    // Touched by the one caller only: where the next append begins, and the end of the previous one's wait for its turn.
    private int _next;
    private Task _previousTurn = Task.CompletedTask;

    internal ReplicaWriter(ChunkStore store, Checkpoint checkpoint, Replica replica, OpenReplica open, ChunkFile file)
    {
        _store = store;
        _checkpoint = checkpoint;
        _replica = replica;
        _open = open;
        _file = file;
    }

    public ChunkId Chunk => _replica.Chunk;

    /// <summary>What is durable here: the length and its digest.</summary>
    public (int Length, uint Digest) Appended
    {
        get
        {
            lock (_store.Table.Order) // guards the replica
            {
                return (_replica.Length, _replica.Digest);
            }
        }
    }

    /// <summary>
    /// Completes when the payload is durable, with the replica's length and digest at its end. The order of calls is the order of bytes.
    /// The payload is retained for as long as it is needed; the caller disposes its own reference any time after the call.
    /// Offset and pieces are checked before the call returns. Fails with ChecksumMismatch, InvalidArgument (offset, size), OutOfSpace,
    /// VolumeFailed or ChunkSealed (closed); after any failure the writer is closed.
    /// </summary>
    public Task<(int Length, uint Digest)> AppendAsync(
        int offset, BulkBuffer payload, IReadOnlyList<uint> pieceCrcs, CancellationToken cancellation)
    {
        uint[] crcs = [.. pieceCrcs];
        if (Check(offset, payload.Span, crcs) is { } error)
        {
            Close();
            return Task.FromException<(int, uint)>(error);
        }

        _next += payload.Length;
        payload.Retain();
        if (_previousTurn.IsCompletedSuccessfully && !_store.Journal.Overfull && _store.InFlight.TryTake(payload.Length))
        {
            return AppendNowAsync(offset, payload, crcs);
        }

        var turn = WaitForTurnAsync(_previousTurn, payload.Length, cancellation);
        var started = StartAsync(turn, offset, payload, crcs);
        _previousTurn = started;
        return started.Unwrap();
    }

    /// <summary>No append follows; those under way end in their own time. Repeating it is no error.</summary>
    public void Close()
    {
        lock (_store.Table.Order) // guards the replica
        {
            if (!_store.StopAppends(_open))
            {
                return;
            }
        }

        _store.Table.Changes.Add(_replica.Chunk);
    }

    private DfsException? Check(int offset, ReadOnlySpan<byte> payload, ReadOnlySpan<uint> crcs)
    {
        if (offset != _next)
        {
            return Refuse(ErrorCode.InvalidArgument, $"chunk {Chunk}: the append begins at {offset}, the replica ends at {_next}");
        }

        if (payload.Length is 0 or > Limits.FramePayloadMax || payload.Length > _open.Capacity - offset)
        {
            return Refuse(
                ErrorCode.InvalidArgument, $"chunk {Chunk}: {payload.Length} bytes at {offset} do not fit ({_open.Capacity} at most)");
        }

        if (crcs.Length != BlockChecksums.PieceCount(offset, payload.Length))
        {
            return Refuse(
                ErrorCode.InvalidArgument, $"chunk {Chunk}: {crcs.Length} piece checksums for {payload.Length} bytes at {offset}");
        }

        foreach (uint crc in crcs)
        {
            int piece = BlockChecksums.PieceLength(offset, payload.Length);
            if (Crc32C.Compute(payload[..piece]) != crc)
            {
                return Refuse(ErrorCode.ChecksumMismatch, $"chunk {Chunk}: the piece at {offset} does not match its checksum");
            }

            offset += piece;
            payload = payload[piece..];
        }

        return null;
    }

    private static DfsException Refuse(ErrorCode code, string message) => new(code, Step, message);

    // Ends when this append may be put in order: after the one before it, when there are bytes left in the budget and room in the journal.
    private async Task WaitForTurnAsync(Task previous, int bytes, CancellationToken cancellation)
    {
        await previous.ConfigureAwait(false);
        await _checkpoint.WaitForRoomAsync(cancellation).ConfigureAwait(false);
        await _store.InFlight.TakeAsync(bytes, cancellation).ConfigureAwait(false);
    }

    private async Task<Task<(int Length, uint Digest)>> StartAsync(Task turn, int offset, BulkBuffer payload, uint[] crcs)
    {
        bool mine = false;
        try
        {
            await turn.ConfigureAwait(false);
            mine = true;
        }
        finally
        {
            if (!mine)
            {
                payload.Dispose();
                Close();
            }
        }

        return AppendNowAsync(offset, payload, crcs);
    }

    // Runs synchronously until the append is in the journal's order: nothing may be awaited before that.
    private async Task<(int Length, uint Digest)> AppendNowAsync(int offset, BulkBuffer payload, uint[] crcs)
    {
        int length = payload.Length;
        Placed? placed = null;
        bool durable = false;
        try
        {
            placed = PutInOrder(offset, payload, crcs);
            var error = await SettleAsync(placed, offset, payload).ConfigureAwait(false);
            bool previousDurable = await placed.Previous.ConfigureAwait(false);
            if (error is not null)
            {
                throw error;
            }

            Acknowledge(placed, previousDurable);
            durable = true;
            return (placed.End, placed.Digest);
        }
        finally
        {
            payload.Dispose();
            _store.InFlight.Return(length);
            if (!durable)
            {
                Close();
            }

            placed?.Ended.SetResult(durable);
            _checkpoint.Poke();
        }
    }

    private Placed PutInOrder(int offset, BulkBuffer payload, uint[] crcs)
    {
        bool small = payload.Length <= Limits.SmallAppendMax;
        lock (_store.Table.Order) // guards the replica, and the order of its records
        {
            if (!_open.Appendable || _store.Closing)
            {
                throw Refuse(ErrorCode.ChunkSealed, $"chunk {Chunk} takes no appends any more");
            }

            _store.Health.RequireWritable(Step);
            Invariant.Require(_open.Checksums.Length == offset, "appends are put in order as they were called");
            byte[] head = VolumeRecord.Append(small, Chunk, _replica.Generation, offset, payload.Length, _replica.Length, crcs);
            var placed = new Placed(_open.LastAppend, _store.Journal.Append(head, small ? payload.Memory : default));
            _open.LastAppend = placed.Ended.Task;
            _open.Checksums.Add(payload.Length, crcs);
            placed.End = _open.Checksums.Length;
            placed.Digest = _open.Checksums.Digest;
            _store.Space.Release(payload.Length);
            return placed;
        }
    }

    // Journal and file at once; both have ended when this does, whatever became of them.
    private async Task<DfsException?> SettleAsync(Placed placed, int offset, BulkBuffer payload)
    {
        var written = WriteAsync(offset, payload);
        DfsException? error = null;
        try
        {
            await placed.Journalled.ConfigureAwait(false);
        }
        catch (DiskException failure)
        {
            error = _store.Health.Take(failure, Step);
        }

        try
        {
            await written.ConfigureAwait(false);
        }
        catch (DiskException failure)
        {
            error ??= _store.Health.Take(failure, Step);
        }

        return error;
    }

    private async Task WriteAsync(int offset, BulkBuffer payload)
    {
        await _file.WriteAsync(offset, payload.Memory).ConfigureAwait(false);
        if (payload.Length > Limits.SmallAppendMax)
        {
            await _file.FlushAsync().ConfigureAwait(false);
        }
    }

    private void Acknowledge(Placed placed, bool previousDurable)
    {
        lock (_store.Table.Order) // guards the replica
        {
            if (!previousDurable)
            {
                throw Refuse(ErrorCode.ChunkSealed, $"chunk {Chunk}: an earlier append failed");
            }

            if (_replica.State != ReplicaState.Open)
            {
                throw ChunkStore.Damaged(Chunk, Step);
            }

            _replica.Length = placed.End;
            _replica.Digest = placed.Digest;
            _open.Checksums.ForgetBefore(placed.End);
        }
    }

    /// <summary>An append in the journal's order.</summary>
    private sealed class Placed(Task<bool> previous, ValueTask<long> journalled)
    {
        public Task<bool> Previous { get; } = previous;

        public ValueTask<long> Journalled { get; } = journalled;

        /// <summary>Ends after <see cref="Previous"/>; true when everything up to here is durable.</summary>
        public TaskCompletionSource<bool> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int End { get; set; }

        public uint Digest { get; set; }
    }
}
