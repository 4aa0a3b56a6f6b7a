using System.Runtime.CompilerServices;
using DfsNet.ChunkServer.Chunks;
using DfsNet.ChunkServer.Cluster;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Reading;

/// <summary>Cuts a range of a chunk into frames; while one is on its way the next is read from the volume.</summary>
internal sealed class RangeReader(VolumeSet volumes)
{
    private const string Step = "read";

    public async IAsyncEnumerable<ReadFrame> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        CheckRange(request);
        var chunk = new ChunkId(request.ChunkId);
        var volume = volumes.Require(chunk, Step);
        var mark = volume.MarkOf(chunk);
        int offset = (int)request.Offset;
        int end = offset + (int)request.Length;
        int known = (int)request.KnownLength;
        Task<BulkBuffer>? ahead = ReadFrameAsync(volume, chunk, offset, end, known, cancellation);
        try
        {
            while (ahead is not null)
            {
                var payload = await ahead.ConfigureAwait(false);
                int next = offset + payload.Length;
                ahead = next < end ? ReadFrameAsync(volume, chunk, next, end, known, cancellation) : null;
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
    }

    private static Task<BulkBuffer> ReadFrameAsync(
        Volume volume, ChunkId chunk, int offset, int end, int known, CancellationToken cancellation) =>
        volume.ReadAsync(chunk, offset, Math.Min(end - offset, Limits.ReadFramePayloadMax), known, cancellation).AsTask();

    private static async Task DiscardAsync(Task<BulkBuffer> ahead)
    {
        await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (ahead.IsCompletedSuccessfully)
        {
            (await ahead.ConfigureAwait(false)).Dispose();
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
}
