using System.Runtime.CompilerServices;
using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>Verified bytes on their way to the reader: a part of a buffer that the receiver disposes.</summary>
internal sealed class ReadPiece(BulkBuffer? buffer, int start, int length) : IDisposable, IAsyncDisposable
{
    private static readonly byte[] Zeros = new byte[Limits.BlockSize];

    public int Length => length;

    /// <summary>The bytes from <paramref name="from"/> on; of a hole at most a block of zeros at a time.</summary>
    public ReadOnlyMemory<byte> Bytes(int from) => buffer is null
        ? Zeros.AsMemory(0, Math.Min(Zeros.Length, length - from))
        : buffer.Memory.Slice(start + from, length - from);

    public void Dispose() => buffer?.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// Reads ranges of chunks: from the best replica, and from the next one when it errs, is silent, or sends bytes that do not match, going on
/// at the exact block. Nothing unverified leaves it.
/// </summary>
internal sealed class ChunkReader(
    IBulkTransport transport, ChunkCalls calls, ChecksumCache checksums, ReplicaRatings ratings, Hedging hedging, TimeProvider time)
{
    /// <param name="segment">A range of a slice.</param>
    /// <param name="patience">How long a replica may be silent.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="DfsException">All replicas failed: DataLoss when none has the bytes, else asking again may help.</exception>
    public IAsyncEnumerable<ReadPiece> ReadAsync(Segment segment, TimeSpan patience, CancellationToken cancellation)
    {
        var slice = segment.Slice!;
        bool alone = slice.Length <= Limits.BlockSize && slice.Crc != 0;
        int first = segment.ChunkOffset / Limits.BlockSize;
        int last = (int)(segment.ChunkOffset + segment.Length - 1) / Limits.BlockSize;
        return alone || first == last
            ? ReadUnaryAsync(segment, alone, patience, cancellation)
            : ReadStreamAsync(segment, patience, cancellation);
    }

    // A whole small slice with its own checksum, or one block with the chunk's.
    private async IAsyncEnumerable<ReadPiece> ReadUnaryAsync(
        Segment segment, bool alone, TimeSpan patience, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var chunk = segment.Chunk!;
        int start = alone ? (int)segment.Slice!.ChunkOffset : segment.ChunkOffset / Limits.BlockSize * Limits.BlockSize;
        int length = alone ? (int)segment.Slice!.Length : Math.Min(Limits.BlockSize, chunk.Length - start);
        var sums = alone ? null : await checksums.GetAsync(chunk, patience, cancellation).ConfigureAwait(false);
        var request = new ReadSmallRequest { ChunkId = chunk.ChunkId, Offset = (uint)start, Length = (uint)length };
        var attempts = new ReplicaAttempts(chunk, ratings);
        var read = new UnaryRead(segment, request, sums);
        while (attempts.Next() is { } replica)
        {
            var piece = await hedging.RaceAsync(
                stop => TryReadAsync(read, replica, attempts, patience, stop),
                () => attempts.Next() is { } second ? stop => TryReadAsync(read, second, attempts, patience, stop) : null,
                cancellation).ConfigureAwait(false);
            if (piece is not null)
            {
                yield return piece;
                yield break;
            }
        }

        throw attempts.Exhausted("read");
    }

    /// <summary>Null when this replica is of no use: noted, and reported where it is to blame.</summary>
    private async Task<ReadPiece?> TryReadAsync(
        UnaryRead read, ReplicaAddress replica, ReplicaAttempts attempts, TimeSpan patience, CancellationToken cancellation)
    {
        var (segment, request, sums) = read;
        var chunk = segment.Chunk!;
        int start = (int)request.Offset;
        try
        {
            var reply = await calls.ReadSmallAsync(replica, request, patience, cancellation).ConfigureAwait(false);
            var bytes = reply.Data.Span;
            bool matches = bytes.Length == request.Length
                && (sums is null ? Crc32C.Compute(bytes) == segment.Slice!.Crc : sums.FirstBad(start, bytes) < 0);
            return matches
                ? new ReadPiece(BulkBuffer.CopyOf(bytes), segment.ChunkOffset - start, (int)segment.Length)
                : throw Mismatch(chunk, replica, start / Limits.BlockSize);
        }
        catch (DfsException error)
        {
            attempts.Failed(error);
            calls.Report(chunk, replica, error, start / Limits.BlockSize);
            return null;
        }
    }

    private async IAsyncEnumerable<ReadPiece> ReadStreamAsync(
        Segment segment, TimeSpan patience, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var chunk = segment.Chunk!;
        int from = segment.ChunkOffset;
        int to = (int)(segment.ChunkOffset + segment.Length);
        int next = from / Limits.BlockSize * Limits.BlockSize;
        int end = (int)Math.Min(((long)to + Limits.BlockSize - 1) / Limits.BlockSize * Limits.BlockSize, chunk.Length);
        var sums = await checksums.GetAsync(chunk, patience, cancellation).ConfigureAwait(false);
        var attempts = new ReplicaAttempts(chunk, ratings);
        while (next < end)
        {
            int at = next;
            var replica = attempts.Next() ?? throw attempts.Exhausted("read");
            var opened = await hedging.RaceAsync(
                stop => TryOpenAsync(chunk, replica, at, end, sums, attempts, patience, stop),
                () => attempts.Next() is { } second
                    ? stop => TryOpenAsync(chunk, second, at, end, sums, attempts, patience, stop)
                    : null,
                cancellation).ConfigureAwait(false);
            if (opened is null)
            {
                continue;
            }

            await using (opened.ConfigureAwait(false))
            {
                while (await opened.NextAsync(next).ConfigureAwait(false) is { } frame)
                {
                    int begin = Math.Max(from, next) - next;
                    int stop = Math.Min(to, next + frame.Length) - next;
                    next += frame.Length;
                    yield return new ReadPiece(frame, begin, stop - begin);
                    if (next >= end)
                    {
                        break;
                    }
                }

                if (opened.Error is { } error)
                {
                    attempts.Failed(error);
                    calls.Report(chunk, opened.Replica, error, opened.BadBlock);
                }
            }
        }
    }

    /// <summary>A stream with its first frame; null when this replica is of no use: noted, and reported where it is to blame.</summary>
    private async Task<OpenedStream?> TryOpenAsync(
        ChunkSource chunk,
        ReplicaAddress replica,
        int next,
        int end,
        BlockChecksums sums,
        ReplicaAttempts attempts,
        TimeSpan patience,
        CancellationToken cancellation)
    {
        var request = new ReadRequest
        {
            ChunkId = chunk.ChunkId,
            Offset = (uint)next,
            Length = (uint)(end - next),
            KnownLength = (uint)chunk.Length,
        };
        var opened = new OpenedStream(replica, new ReplicaStream(transport, replica, request, sums, ratings, time, patience, cancellation));
        bool isOpen = false;
        try
        {
            isOpen = await opened.OpenAsync(next).ConfigureAwait(false);
        }
        finally
        {
            if (!isOpen)
            {
                await opened.DisposeAsync().ConfigureAwait(false);
            }
        }

        if (isOpen)
        {
            return opened;
        }

        attempts.Failed(opened.Error!);
        calls.Report(chunk, replica, opened.Error!, opened.BadBlock);
        return null;
    }

    private static DfsException Mismatch(ChunkSource chunk, ReplicaAddress replica, int block) => new(
        ErrorCode.ChecksumMismatch,
        $"read from {replica.Address}",
        $"block {block} of chunk {chunk.ChunkId:x} from {replica.Address} does not match the metadata");

    /// <summary>A read of at most one block, as every replica is asked for it.</summary>
    private sealed record UnaryRead(Segment Segment, ReadSmallRequest Request, BlockChecksums? Sums);
}
