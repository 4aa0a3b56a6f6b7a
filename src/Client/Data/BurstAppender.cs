using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;

namespace DfsNet.Client.Data;

/// <summary>
/// Brings the bytes of one stream to chunks, in order, whatever chains fail underneath: unacknowledged pieces are kept and sent again
/// elsewhere.
/// </summary>
internal sealed class BurstAppender(ChunkPool pool, int replication, TimeProvider time, TimeSpan callTimeout)
{
    // Pieces of random writes may be tiny while each holds a buffer of a block: this many are 8 MiB.
    private const int PiecesMax = 128;

    private readonly Queue<Piece> _pieces = new();
    private PooledWriter? _writer;
    private int _pendingBytes;

    /// <summary>Bytes the next piece should have: to a block boundary of the chunk, within a frame and what is left of the chunk.</summary>
    public int NextPieceBytes
    {
        get
        {
            int frame = Math.Min(Limits.FramePayloadMax, pool.ChunkSize);
            if (_writer is null || !_writer.Writer.IsOpen)
            {
                return frame;
            }

            int room = _writer.Writer.Room;
            int beyondBlock = (pool.ChunkSize - room) % Limits.BlockSize;
            int length = Math.Min(frame > beyondBlock ? frame - beyondBlock : frame, room);
            return length > 0 ? length : frame;
        }
    }

    public bool HasPending => _pieces.Count != 0;

    /// <summary>Whether the oldest piece is settled, so that taking it does not wait.</summary>
    public bool HasSettled => _pieces.TryPeek(out var piece) && piece.IsSettled;

    /// <summary>Sends a piece, taking over its buffer. The caller waits for full windows: see <see cref="MustSettleFirst"/>.</summary>
    public async Task SendAsync(long fileOffset, BulkBuffer buffer, CallDeadline deadline, CancellationToken cancellation)
    {
        var piece = new Piece(fileOffset, buffer);
        _pieces.Enqueue(piece);
        _pendingBytes += buffer.Length;
        if (_writer is null && buffer.Length <= Limits.SmallAppendMax)
        {
            piece.Small = pool.AppendSmallAsync(buffer, replication, new CallDeadline(time, callTimeout), cancellation);
        }
        else
        {
            await PlaceAsync(piece, deadline, cancellation).ConfigureAwait(false);
        }
    }

    public bool MustSettleFirst(int length) =>
        _pieces.Count >= PiecesMax || (_pieces.Count != 0 && _pendingBytes + length > Limits.AppendWindowMax);

    /// <summary>Waits for the oldest piece and takes it out.</summary>
    public async Task<(long FileOffset, Extent Extent)> SettleOldestAsync(CallDeadline deadline, CancellationToken cancellation)
    {
        var piece = _pieces.Peek();
        // A small append has a deadline of its own, and its error says more than ours would.
        Extent? extent = piece.Small is { } small ? await small.WaitAsync(cancellation).ConfigureAwait(false) : null;
        while (extent is null)
        {
            extent = await deadline.WaitAsync(piece.Request!.Done, "append", cancellation).ConfigureAwait(false);
            if (extent is null)
            {
                await SendAgainAsync(piece.Writer!, deadline, cancellation).ConfigureAwait(false);
            }
        }

        _pieces.Dequeue();
        _pendingBytes -= piece.Buffer.Length;
        piece.Buffer.Dispose();
        deadline.Progressed();
        return (piece.FileOffset, extent.Value);
    }

    /// <summary>The burst is over: everything is settled, the chunk goes back to the pool.</summary>
    public void EndBurst()
    {
        if (_writer is { } writer)
        {
            _writer = null;
            pool.Return(writer);
        }
    }

    /// <summary>Forgets what is not settled.</summary>
    public void Abandon()
    {
        while (_pieces.TryDequeue(out var piece))
        {
            _ = GiveUpAsync(piece);
        }

        EndBurst();
    }

    private static async Task GiveUpAsync(Piece piece)
    {
        if (piece.Request is { } request)
        {
            await ChunkPool.GiveUpAsync(request).ConfigureAwait(false);
        }
        else if (piece.Small is { } small)
        {
            try
            {
                (await small.ConfigureAwait(false)).Chunk.DropUncommitted(1);
            }
            catch (Exception error) when (error is DfsException or OperationCanceledException)
            {
                // It failed by itself: there is nothing to give up.
                piece.Buffer.Dispose();
                return;
            }
        }

        piece.Buffer.Dispose();
    }

    // All of a failed chain's pieces at once, not one by one as they come up: they travel together again.
    private async Task SendAgainAsync(PooledWriter failed, CallDeadline deadline, CancellationToken cancellation)
    {
        foreach (var piece in _pieces.Where(piece => piece.Writer == failed).ToArray())
        {
            if (await piece.Request!.Done.ConfigureAwait(false) is null)
            {
                await PlaceAsync(piece, deadline, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task PlaceAsync(Piece piece, CallDeadline deadline, CancellationToken cancellation)
    {
        DfsException? last = null;
        while (true)
        {
            _writer ??= await pool.BorrowAsync(replication, deadline, cancellation).ConfigureAwait(false);
            var refusal = _writer.Writer.TryAppend(piece.Buffer, out var request);
            if (refusal == AppendRefusal.None)
            {
                piece.Request = request;
                piece.Writer = _writer;
                return;
            }

            last = _writer.Writer.Failure ?? last;
            if (deadline.IsOver)
            {
                throw deadline.GivenUp("append", last);
            }

            if (refusal == AppendRefusal.Over)
            {
                _writer.Writer.Retire();
                EndBurst();
            }
            else
            {
                await deadline.PauseAsync(TimeSpan.FromMilliseconds(1), cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Bytes on their way, kept until they are acknowledged.</summary>
    private sealed class Piece(long fileOffset, BulkBuffer buffer)
    {
        public long FileOffset => fileOffset;

        public BulkBuffer Buffer => buffer;

        public Task<Extent>? Small { get; set; }

        public AppendRequest? Request { get; set; }

        public PooledWriter? Writer { get; set; }

        public bool IsSettled => Small?.IsCompleted ?? Request?.Done.IsCompleted ?? false;
    }
}
