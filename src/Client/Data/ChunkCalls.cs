using DfsNet.Client.Metadata;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Client.Data;

/// <summary>
/// Small calls to chunk servers, with a bound on each server's silence; and the word to the metadata server about bad replicas.
/// </summary>
internal sealed class ChunkCalls(IConnections connections, MetadataConnection metadata, ReplicaRatings ratings)
{
    // A report is help, not duty: the reader does not wait for it, and it is not repeated for long.
    private static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(2);

    public Task<ReadSmallReply> ReadSmallAsync(
        ReplicaAddress replica, ReadSmallRequest request, TimeSpan patience, CancellationToken cancellation) =>
        CallAsync(replica, "read", (client, options) => client.ReadSmallAsync(request, options), patience, cancellation);

    public Task<GetChecksumsReply> GetChecksumsAsync(
        ReplicaAddress replica, GetChecksumsRequest request, TimeSpan patience, CancellationToken cancellation) =>
        CallAsync(replica, "get checksums", (client, options) => client.GetChecksumsAsync(request, options), patience, cancellation);

    /// <summary>Tells the metadata server that a replica is not what it should be; in the background.</summary>
    public void Report(ChunkSource chunk, ReplicaAddress replica, DfsException error, int block)
    {
        var problem = error.Code switch
        {
            ErrorCode.ChunkNotFound => ReplicaProblem.Missing,
            ErrorCode.ChecksumMismatch or ErrorCode.Corrupt => ReplicaProblem.Checksum,
            _ => ReplicaProblem.Unspecified,
        };
        if (problem != ReplicaProblem.Unspecified)
        {
            _ = ReportAsync(new ReportReplicaRequest
            {
                ChunkId = chunk.ChunkId,
                ServerId = replica.ServerId,
                Generation = replica.Generation,
                Problem = problem,
                Block = (uint)Math.Max(block, 0),
            });
        }
    }

    private async Task ReportAsync(ReportReplicaRequest request)
    {
        try
        {
            await metadata.CallAsync(
                "report replica",
                (client, options) => client.ReportReplicaAsync(request, options),
                new CallDeadline(metadata.Time, ReportPatience),
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (DfsException)
        {
            // The chunk server found the damage too when it was asked, and the scrubber will.
            return;
        }
    }

    private async Task<TReply> CallAsync<TReply>(
        ReplicaAddress replica,
        string step,
        Func<Chunk.ChunkClient, CallOptions, AsyncUnaryCall<TReply>> call,
        TimeSpan patience,
        CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(patience, metadata.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        long start = metadata.Time.GetTimestamp();
        bool failed = true;
        ratings.Began(replica.Place);
        try
        {
            using var attempt = call(
                new Chunk.ChunkClient(connections.Control(replica.Address)), new CallOptions(cancellationToken: linked.Token));
            var reply = await attempt.ResponseAsync.ConfigureAwait(false);
            failed = false;
            return reply;
        }
        catch (RpcException error)
        {
            cancellation.ThrowIfCancellationRequested();
            throw timeout.IsCancellationRequested
                ? Silent(replica, step, patience, error)
                : ErrorStatus.FromRpcException(error, $"{step} from {replica.Address}");
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw Silent(replica, step, patience, error);
        }
        finally
        {
            if (failed && linked.IsCancellationRequested)
            {
                ratings.Waited(replica.Place, metadata.Time.GetElapsedTime(start));
            }

            ratings.Ended(
                replica.Place, failed ? null : metadata.Time.GetElapsedTime(start), failed && !cancellation.IsCancellationRequested);
        }
    }

    private static DfsException Silent(ReplicaAddress replica, string step, TimeSpan patience, Exception error) => new(
        ErrorCode.TimedOut, $"{step} from {replica.Address}",
        $"chunk server {replica.Address} was silent for {patience.TotalMilliseconds:0} ms", error);
}
