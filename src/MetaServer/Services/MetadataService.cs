using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.MetaServer.Services;

/// <summary>What clients call: changes go through the log, reads come from one snapshot after the read barrier.</summary>
internal sealed class MetadataService(RpcEdge edge, Func<Leadership> lead) : Protocol.Wire.Metadata.MetadataBase
{
    private Leadership Lead => lead();

    public override Task<OpenSessionReply> OpenSession(OpenSessionRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Calls.OpenSessionAsync(request, cancellation), context);

    public override Task<KeepAliveReply> KeepAlive(KeepAliveRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, _) => Task.FromResult(service.Lead.Calls.KeepAlive(request)), context);

    public override Task<EndSessionReply> EndSession(EndSessionRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Calls.EndSessionAsync(request, cancellation), context);

    public override Task<SubmitReply> Submit(SubmitRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Calls.SubmitAsync(request, cancellation), context);

    public override Task<AllocateChunkReply> AllocateChunk(AllocateChunkRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Allocation.AllocateAsync(request, cancellation), context);

    public override Task<LookupReply> Lookup(LookupRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Views.LookupAsync(request, cancellation), context);

    public override Task<ListReply> List(ListRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Views.ListAsync(request, cancellation), context);

    public override Task<GetLayoutReply> GetLayout(GetLayoutRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Views.GetLayoutAsync(request, cancellation), context);

    public override Task<GetFileSystemReply> GetFileSystem(GetFileSystemRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, _, cancellation) => service.Lead.Status.GetFileSystemAsync(cancellation), context);

    public override Task<GetStatusReply> GetStatus(GetStatusRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, _, cancellation) => service.Lead.Status.GetStatusAsync(cancellation), context);

    public override Task<ReportReplicaReply> ReportReplica(ReportReplicaRequest request, ServerCallContext context) => edge.RunAsync(
        this,
        request,
        static (service, request, _) =>
        {
            // A client's word alone takes no replica out of use: the server reads it again and tells in a heartbeat what it found.
            service.Lead.Orders.AddVerification(
                new ServerId(request.ServerId), new ChunkId(request.ChunkId), new Generation(request.Generation));
            return Task.FromResult(new ReportReplicaReply());
        },
        context);
}
