using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.MetaServer.Services;

/// <summary>What chunk servers call.</summary>
internal sealed class ClusterService(RpcEdge edge, Func<Leadership> lead, Func<NodeLife?> life) : Protocol.Wire.Cluster.ClusterBase
{
    public override Task<RegisterReply> Register(RegisterRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Registration.RegisterAsync(request, cancellation), context);

    // Servers tell every metadata server that they live: who does not lead has nothing to say to it, which is no failure.
    public override Task<HeartbeatReply> Heartbeat(HeartbeatRequest request, ServerCallContext context) => edge.RunAlwaysAsync(
        this, request, static (service, request, _) => Task.FromResult(service.Hear(request)), context);

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

    private HeartbeatReply Hear(HeartbeatRequest request)
    {
        var node = life();
        var reply = new HeartbeatReply { NotLeader = true };
        if (node?.Seat.Present is { } leadership)
        {
            using var snapshot = leadership.Store.OpenSnapshot();
            reply = leadership.Heartbeats.Hear(snapshot, request);
        }

        if (node is not null)
        {
            reply.Address = node.Card.Address;
            reply.MetaServers.AddRange(node.Replica.Seen.Membership.Members.Select(member => member.Address));
        }

        return reply;
    }
}
