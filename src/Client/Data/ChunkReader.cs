using System.Runtime.CompilerServices;
using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>Verified bytes on their way to the reader: a part of a buffer that the receiver disposes.</summary>
internal sealed class ReadPiece(BulkBuffer? buffer, int start, int length) : IDisposable
{
    private static readonly byte[] Zeros = new byte[Limits.BlockSize];

    public int Length => length;

    /// <summary>The bytes from <paramref name="from"/> on; of a hole at most a block of zeros at a time.</summary>
    public ReadOnlyMemory<byte> Bytes(int from) => buffer is null
        ? Zeros.AsMemory(0, Math.Min(Zeros.Length, length - from))
        : buffer.Memory.Slice(start + from, length - from);

    public void Dispose() => buffer?.Dispose();
}

/// <summary>
/// Reads ranges of chunks: from the best replica, and from the next one when it errs, is silent, or sends bytes that do not match, going on
/// at the exact block. Nothing unverified leaves it.
/// </summary>
internal sealed class ChunkReader(
    IBulkTransport transport, ChunkCalls calls, ChecksumCache checksums, ReplicaRatings ratings, TimeProvider time)
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
        while (attempts.Next() is { } replica)
        {
            BulkBuffer? good = null;
            try
            {
                var reply = await calls.ReadSmallAsync(replica, request, patience, cancellation).ConfigureAwait(false);
                var bytes = reply.Data.Span;
                bool matches = bytes.Length == length
                    && (sums is null ? Crc32C.Compute(bytes) == segment.Slice!.Crc : sums.FirstBad(start, bytes) < 0);
                good = matches ? BulkBuffer.CopyOf(bytes) : throw Mismatch(chunk, replica, start / Limits.BlockSize);
            }
            catch (DfsException error)
            {
                attempts.Failed(error);
                calls.Report(chunk, replica, error, start / Limits.BlockSize);
            }

            if (good is not null)
            {
                yield return new ReadPiece(good, segment.ChunkOffset - start, (int)segment.Length);
                yield break;
            }
        }

        throw attempts.Exhausted("read");
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
            var replica = attempts.Next() ?? throw attempts.Exhausted("read");
            var request = new ReadRequest
            {
                ChunkId = chunk.ChunkId,
                Offset = (uint)next,
                Length = (uint)(end - next),
                KnownLength = (uint)chunk.Length,
            };
            await using var stream = new ReplicaStream(transport, replica, request, sums, ratings, time, patience, cancellation);
            while (next < end)
            {
                var (frame, error, block) = await stream.NextAsync(next).ConfigureAwait(false);
                if (frame is null)
                {
                    attempts.Failed(error!);
                    calls.Report(chunk, replica, error!, block);
                    break;
                }

                int begin = Math.Max(from, next) - next;
                int stop = Math.Min(to, next + frame.Length) - next;
                next += frame.Length;
                yield return new ReadPiece(frame, begin, stop - begin);
            }
        }
    }

    private static DfsException Mismatch(ChunkSource chunk, ReplicaAddress replica, int block) => new(
        ErrorCode.ChecksumMismatch,
        $"read from {replica.Address}",
        $"block {block} of chunk {chunk.ChunkId:x} from {replica.Address} does not match the metadata");
}
