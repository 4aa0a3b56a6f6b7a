using DfsNet.Protocol.Connections;
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
        CallAsync("register", timeout, (client, options) => client.RegisterAsync(request, options), cancellation);

    public Task<HeartbeatReply> HeartbeatAsync(HeartbeatRequest request, CancellationToken cancellation) =>
        CallAsync("heartbeat", heartbeatTimeout, (client, options) => client.HeartbeatAsync(request, options), cancellation);

    public Task<ReportChunksReply> ReportAsync(ReportChunksRequest request, CancellationToken cancellation) =>
        CallAsync("report", timeout, (client, options) => client.ReportChunksAsync(request, options), cancellation);

    private Task<T> CallAsync<T>(
        string step,
        TimeSpan patience,
        Func<ClusterCalls.ClusterClient, CallOptions, AsyncUnaryCall<T>> start,
        CancellationToken cancellation) => BoundedCall.RunAsync(
            step,
            Address,
            patience,
            time,
            options => start(new ClusterCalls.ClusterClient(connections.Control(Address)), options),
            cancellation);
}
