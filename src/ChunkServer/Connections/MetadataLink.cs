using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;
using ClusterCalls = DfsNet.Protocol.Wire.Cluster;

namespace DfsNet.ChunkServer.Connections;

/// <summary>Calls to one metadata server, each with a bounded wait. Failures are <see cref="DfsException"/>s.</summary>
internal sealed class MetadataLink(
    string address, IConnections connections, TimeSpan timeout, TimeSpan heartbeatTimeout, TimeProvider time)
{
    public string Address { get; } = address;

    public Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellation) =>
        CallAsync("register", timeout, (client, token) => client.RegisterAsync(request, cancellationToken: token), cancellation);

    public Task<HeartbeatReply> HeartbeatAsync(HeartbeatRequest request, CancellationToken cancellation) =>
        CallAsync("heartbeat", heartbeatTimeout, (client, token) => client.HeartbeatAsync(request, cancellationToken: token), cancellation);

    public Task<ReportChunksReply> ReportAsync(ReportChunksRequest request, CancellationToken cancellation) =>
        CallAsync("report", timeout, (client, token) => client.ReportChunksAsync(request, cancellationToken: token), cancellation);

    private async Task<T> CallAsync<T>(
        string step,
        TimeSpan patience,
        Func<ClusterCalls.ClusterClient, CancellationToken, AsyncUnaryCall<T>> start,
        CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            using var call = start(new ClusterCalls.ClusterClient(connections.Control(Address)), either.Token);
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            if (late.IsCancellationRequested)
            {
                throw new DfsException(ErrorCode.TimedOut, step, $"{Address} did not answer within {patience.TotalSeconds:0.0} s", error);
            }

            throw error is RpcException rpc
                ? ErrorStatus.FromRpcException(rpc, $"{step} at {Address}")
                : new DfsException(ErrorCode.Unavailable, step, $"the call to {Address} was cancelled", error);
        }
    }
}
