using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.MetaServer.Services;

/// <summary>What chunk servers call.</summary>
internal sealed class ClusterService(RpcEdge edge, Func<Leadership> lead) : Protocol.Wire.Cluster.ClusterBase
{
    public override Task<RegisterReply> Register(RegisterRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Registration.RegisterAsync(request, cancellation), context);

    public override Task<HeartbeatReply> Heartbeat(HeartbeatRequest request, ServerCallContext context) => edge.RunAsync(
        this,
        request,
        static (service, request, _) =>
        {
            using var snapshot = service.Lead.Store.OpenSnapshot();
            return Task.FromResult(service.Lead.Heartbeats.Hear(snapshot, request));
        },
        context);

    public override Task<ReportChunksReply> ReportChunks(ReportChunksRequest request, ServerCallContext context) => edge.RunAsync(
        this,
        request,
        static (service, request, _) =>
        {
            using var snapshot = service.Lead.Store.OpenSnapshot();
            return Task.FromResult(service.Lead.Reports.Page(snapshot, request));
        },
        context);

    private Leadership Lead => lead();
}
