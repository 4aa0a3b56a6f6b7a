using System.Runtime.CompilerServices;
using DfsNet.ChunkServer.Chunks;
using DfsNet.ChunkServer.Cluster;
using DfsNet.ChunkServer.Maintenance;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Reading;

/// <summary>Cuts a range of a chunk into frames; while one is on its way the next is read from the volume.</summary>
internal sealed class RangeReader(VolumeSet volumes, BackgroundPace pace, TimeProvider time)
{
    private const string Step = "read";

    // Measured with "dfs bench repair": in pieces of a frame readers' p99 went up 2.2 times beside copies, in these 1.5 times.
    private const int PieceBehindUsers = 2 * Limits.BlockSize;

    public async IAsyncEnumerable<ReadFrame> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        CheckRange(request);
        var chunk = new ChunkId(request.ChunkId);
        var volume = volumes.Require(chunk, Step);
        var mark = volume.MarkOf(chunk);
        int offset = (int)request.Offset;
        int end = offset + (int)request.Length;
        int known = (int)request.KnownLength;
        using var work = request.Background ? pace.Begin() : (IDisposable?)null;
        Task<ReadPiece>? ahead = ReadFrameAsync(volume, chunk, offset, Upto(offset), known, cancellation);
        try
        {
            while (ahead is not null)
            {
                var (payload, worked) = await ahead.ConfigureAwait(false);
                int next = offset + payload.Length;
                if (!request.Background)
                {
                    pace.NoteForeground();
                }
                else if (!request.Urgent)
                {
                    ahead = null;
                    await StepBackAsync(payload, worked, cancellation).ConfigureAwait(false);
                }

                ahead = next < end ? ReadFrameAsync(volume, chunk, next, Upto(next), known, cancellation) : null;
                var header = new ReadHeader
                {
                    Offset = (uint)offset,
                    BackupIncarnation = mark.Incarnation,
                    BackupIndex = mark.Index,
                };
                yield return new ReadFrame(header, payload);
                offset = next;
            }
        }
        finally
        {
            if (ahead is not null)
            {
                await DiscardAsync(ahead).ConfigureAwait(false);
            }
        }

        // Whoever comes while a piece is under way waits for it: behind users a copy goes in small ones.
        int Upto(int from) => request is { Background: true, Urgent: false } && pace.IsForegroundActive
            ? Math.Min(end, from + PieceBehindUsers)
            : end;
    }

    private async Task StepBackAsync(BulkBuffer payload, TimeSpan worked, CancellationToken cancellation)
    {
        bool isOver = true;
        try
        {
            await pace.StepBackAsync(worked, cancellation).ConfigureAwait(false);
            isOver = false;
        }
        finally
        {
            if (isOver)
            {
                payload.Dispose();
            }
        }
    }

    private async Task<ReadPiece> ReadFrameAsync(
        Volume volume, ChunkId chunk, int offset, int end, int known, CancellationToken cancellation)
    {
        using var span = Tracing.Source.StartActivity("read a frame");
        long began = time.GetTimestamp();
        int length = Math.Min(end - offset, Limits.ReadFramePayloadMax);
        var payload = await volume.ReadAsync(chunk, offset, length, known, cancellation).ConfigureAwait(false);
        return new ReadPiece(payload, time.GetElapsedTime(began));
    }

    private static async Task DiscardAsync(Task<ReadPiece> ahead)
    {
        await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (ahead.IsCompletedSuccessfully)
        {
            (await ahead.ConfigureAwait(false)).Payload.Dispose();
        }
    }

    private static void CheckRange(ReadRequest request)
    {
        ulong end = (ulong)request.Offset + request.Length;
        bool endFits = end == request.KnownLength || end % Limits.BlockSize == 0;
        if (request.Length == 0 || request.KnownLength > Limits.ChunkSizeMax || end > request.KnownLength
            || request.Offset % Limits.BlockSize != 0 || !endFits)
        {
            throw new DfsException(
                ErrorCode.InvalidArgument,
                Step,
                $"[{request.Offset}, +{request.Length}) is no range of whole blocks within {request.KnownLength} bytes");
        }
    }

    /// <summary>What was read, and how long it took.</summary>
    private readonly record struct ReadPiece(BulkBuffer Payload, TimeSpan Worked);
}
