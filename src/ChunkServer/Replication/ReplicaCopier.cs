using DfsNet.ChunkServer.Chunks;
using DfsNet.ChunkServer.Cluster;
using DfsNet.ChunkServer.Maintenance;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Replication;

/// <summary>
/// Pulls a sealed chunk from other servers, one after the other, until one gives bytes that match the digest in the
/// metadata. What a bad source gave is never shown. A source that falls silent is left for the next one. Unless a chunk is in danger its
/// copy steps back behind reads and appends.
/// </summary>
internal sealed partial class ReplicaCopier(
    VolumeSet volumes, IBulkTransport bulk, BackgroundPace pace, TimeProvider time, ILogger<ReplicaCopier> log)
{
    private const string Step = "copy";
    private const int SourcesMax = 16;

    // A loaded source answers within a second or so; nothing foreground waits for a copy.
    private static readonly TimeSpan SourceSilenceMax = TimeSpan.FromSeconds(10);

    /// <summary>What is here when it is done: the copy, or a replica that this server had already and has now verified.</summary>
    public async Task<CopyFromReply> CopyAsync(CopyFromRequest request, CancellationToken cancellation)
    {
        if (request.ChunkId == 0 || request.Generation == 0 || request.Length is 0 or > Limits.ChunkSizeMax
            || request.Sources.Count is 0 or > SourcesMax)
        {
            throw new DfsException(
                ErrorCode.InvalidArgument,
                Step,
                $"{request.Length} bytes of chunk {request.ChunkId} from {request.Sources.Count} sources cannot be copied");
        }

        var target = volumes.Find(new VolumeId(request.VolumeId))
            ?? throw new DfsException(ErrorCode.VolumeFailed, Step, $"this server has no volume {new VolumeId(request.VolumeId)}");
        if (await FindVerifiedAsync(request, cancellation).ConfigureAwait(false) is { } present)
        {
            return present;
        }

        DfsException? last = null;
        foreach (string source in request.Sources)
        {
            try
            {
                await CopyFromAsync(source, target, request, cancellation).ConfigureAwait(false);
                return new CopyFromReply { Source = source, Generation = request.Generation, VolumeId = request.VolumeId };
            }
            catch (DfsException error) when (error.Code is not (ErrorCode.OutOfSpace or ErrorCode.VolumeFailed or ErrorCode.AlreadyExists))
            {
                SourceFailed(new ChunkId(request.ChunkId), source, error.Code, error.Message);
                last = error;
            }
        }

        throw new DfsException(
            last!.Code, Step, $"no source gave chunk {new ChunkId(request.ChunkId)} right; the last one: {last.Message}", last);
    }

    /// <summary>
    /// A replica that is right and that the record does not know: a copy whose maker did not live to say so. It is read through before it
    /// counts. One that is not right stands in the way on another volume, and has to be removed first.
    /// </summary>
    private async Task<CopyFromReply?> FindVerifiedAsync(CopyFromRequest request, CancellationToken cancellation)
    {
        var chunk = new ChunkId(request.ChunkId);
        foreach (var volume in volumes.All)
        {
            if (volume.Find(chunk) is not { } present)
            {
                continue;
            }

            bool isSame = present.Condition == ReplicaCondition.Sealed
                && present.Length == request.Length && present.Digest == request.Digest && volume.State != VolumeState.Failed;
            if (isSame && await volume.VerifyAsync(chunk, cancellation).ConfigureAwait(false))
            {
                return new CopyFromReply { Generation = present.Generation, VolumeId = volume.Id.Value };
            }

            if (volume.Id.Value != request.VolumeId)
            {
                throw new DfsException(
                    ErrorCode.AlreadyExists, Step, $"volume {volume.Id} has a bad replica of chunk {chunk}, which has to be removed first");
            }
        }

        return null;
    }

    private async Task CopyFromAsync(string source, Volume target, CopyFromRequest request, CancellationToken cancellation)
    {
        using var work = pace.Begin();
        using var silent = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = time.CreateTimer(
            static state => ((CancellationTokenSource)state!).Cancel(), silent, SourceSilenceMax, Timeout.InfiniteTimeSpan);
        try
        {
            var import = await target.ImportAsync(
                new ChunkId(request.ChunkId), new Generation(request.Generation), (int)request.Length, request.Digest, silent.Token)
                .ConfigureAwait(false);
            await using (import.ConfigureAwait(false))
            {
                var wanted = new ReadRequest
                {
                    ChunkId = request.ChunkId,
                    Length = request.Length,
                    KnownLength = request.Length,
                    Background = true,
                    Urgent = request.Urgent,
                };
                await foreach (var frame in bulk.ReadAsync(source, wanted, silent.Token).ConfigureAwait(false))
                {
                    // Only its own work counts: the source rests by itself.
                    long began = time.GetTimestamp();
                    using (frame)
                    {
                        await WriteAsync(import, frame, source, request.Length, silent.Token).ConfigureAwait(false);
                    }

                    if (!request.Urgent)
                    {
                        await pace.StepBackAsync(time.GetElapsedTime(began), silent.Token).ConfigureAwait(false);
                    }

                    timer.Change(SourceSilenceMax, Timeout.InfiniteTimeSpan);
                }

                if (import.Written != (int)request.Length)
                {
                    throw new DfsException(ErrorCode.ChecksumMismatch, Step, $"{source} gave {import.Written} of {request.Length} bytes");
                }

                timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                await import.CompleteAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new DfsException(ErrorCode.TimedOut, Step, $"{source} was silent for {SourceSilenceMax.TotalSeconds} s");
        }
    }

    private static async Task WriteAsync(ReplicaImport import, ReadFrame frame, string source, uint length, CancellationToken cancellation)
    {
        if (frame.Header.Offset != (uint)import.Written || import.Written + frame.Payload.Length > length)
        {
            throw new DfsException(
                ErrorCode.ChecksumMismatch,
                Step,
                $"{source} gave {frame.Payload.Length} bytes of {frame.Header.Offset} where {import.Written} was next");
        }

        import.Mark(new BackupMark(frame.Header.BackupIncarnation, frame.Header.BackupIndex));
        await import.WriteAsync(frame.Payload.Memory, cancellation).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Source {Source} of chunk {Chunk} was given up: {Code}, {Reason}")]
    private partial void SourceFailed(ChunkId chunk, string source, ErrorCode code, string reason);
}
