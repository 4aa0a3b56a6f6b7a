using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>One server's stream of a chunk range; every frame is checked before it is handed on.</summary>
internal sealed class ReplicaStream : IAsyncDisposable
{
    private readonly ReplicaAddress _replica;
    private readonly ReadRequest _request;
    private readonly BlockChecksums _checksums;
    private readonly ReplicaRatings _ratings;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<ReadFrame> _frames;
    private readonly long _start;
    private Task<bool>? _pending;
    private TimeSpan? _latency;
    private bool _failed;

    public ReplicaStream(
        IBulkTransport transport,
        ReplicaAddress replica,
        ReadRequest request,
        BlockChecksums checksums,
        ReplicaRatings ratings,
        TimeProvider time,
        TimeSpan patience,
        CancellationToken cancellation)
    {
        _replica = replica;
        _request = request;
        _checksums = checksums;
        _ratings = ratings;
        _time = time;
        _patience = patience;
        _cancellation = cancellation;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _frames = transport.ReadAsync(replica.Address, request, _stop.Token).GetAsyncEnumerator(CancellationToken.None);
        _start = time.GetTimestamp();
        ratings.Began(replica.Place);
    }

    /// <summary>
    /// The verified bytes from chunk offset <paramref name="expected"/> on; or why this replica is of no use, and which block is bad.
    /// </summary>
    public async ValueTask<(BulkBuffer? Bytes, DfsException? Error, int BadBlock)> NextAsync(int expected)
    {
        try
        {
            if (!await MoveNextAsync().ConfigureAwait(false))
            {
                return Failed(ErrorCode.Unavailable, "ended the stream early", expected);
            }
        }
        catch (DfsException error)
        {
            _failed = true;
            return (null, error, expected / Protocol.Limits.BlockSize);
        }

        _latency ??= _time.GetElapsedTime(_start);
        var frame = _frames.Current;
        if (frame.Header.Offset != expected
            || frame.Payload.Length == 0
            || expected + frame.Payload.Length > _request.Offset + _request.Length)
        {
            frame.Dispose();
            return Failed(ErrorCode.ChecksumMismatch, "sent bytes that were not asked for", expected);
        }

        int bad = _checksums.FirstBad(expected, frame.Payload.Span);
        if (bad >= 0)
        {
            frame.Dispose();
            return Failed(ErrorCode.ChecksumMismatch, $"sent a bad block {bad}", bad * Protocol.Limits.BlockSize);
        }

        return (frame.Payload, null, -1);
    }

    public async ValueTask DisposeAsync()
    {
        _ratings.Ended(_replica.Place, _latency, _failed);
        if (_latency is null && _pending is not null)
        {
            _ratings.Waited(_replica.Place, _time.GetElapsedTime(_start));
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        if (_pending is null)
        {
            await _frames.DisposeAsync().ConfigureAwait(false);
            _stop.Dispose();
        }
        else
        {
            // A silent server must not hold up the reader: what it may still send is thrown away behind its back.
            _ = DrainAsync(_pending);
        }
    }

    private async ValueTask<bool> MoveNextAsync()
    {
        var move = _frames.MoveNextAsync();
        if (move.IsCompleted)
        {
            return await move.ConfigureAwait(false);
        }

        var pending = move.AsTask();
        _pending = pending;
        try
        {
            bool more = await pending.WaitAsync(_patience, _time, _cancellation).ConfigureAwait(false);
            _pending = null;
            return more;
        }
        catch (TimeoutException error)
        {
            throw new DfsException(
                ErrorCode.TimedOut, $"read from {_replica.Address}",
                $"chunk server {_replica.Address} was silent for {_patience.TotalMilliseconds:0} ms", error);
        }
        catch (DfsException)
        {
            _pending = null;
            throw;
        }
    }

    private async Task DrainAsync(Task<bool> pending)
    {
        try
        {
            if (await pending.ConfigureAwait(false))
            {
                _frames.Current.Dispose();
            }
        }
        catch (Exception error) when (error is DfsException or OperationCanceledException)
        {
            // Expected: the stream was cancelled, or failed as well.
            _failed = true;
        }

        await _frames.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private (BulkBuffer? Bytes, DfsException? Error, int BadBlock) Failed(ErrorCode code, string what, int offset)
    {
        _failed = true;
        string message = $"chunk server {_replica.Address} {what} of chunk {_request.ChunkId:x}";
        return (null, new DfsException(code, $"read from {_replica.Address}", message), offset / Protocol.Limits.BlockSize);
    }
}
