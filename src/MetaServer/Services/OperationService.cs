using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.MetaServer.Services;

/// <summary>What operators ask of the cluster and order.</summary>
internal sealed class OperationService(RpcEdge edge, Func<Leadership> lead) : Operation.OperationBase
{
    private Leadership Lead => lead();

    public override Task<SetServerDrainingReply> SetServerDraining(SetServerDrainingRequest request, ServerCallContext context) =>
        edge.RunAsync(
            this,
            request,
            static (service, request, cancellation) => service.Lead.Servers.SetDrainingAsync(request, cancellation),
            context);

    public override Task<DismissServerReply> DismissServer(DismissServerRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Servers.DismissAsync(request, cancellation), context);

    public override Task<GetServerReply> GetServer(GetServerRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Servers.GetAsync(request, cancellation), context);

    public override Task<CheckStopReply> CheckStop(CheckStopRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, cancellation) => service.Lead.Servers.CheckStopAsync(request, cancellation), context);

    public override Task<StartScrubReply> StartScrub(StartScrubRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, _) => Task.FromResult(service.Lead.Operations.StartScrub(request)), context);

    public override Task<SteerRepairReply> SteerRepair(SteerRepairRequest request, ServerCallContext context) => edge.RunAsync(
        this,
        request,
        static (service, request, cancellation) => service.Lead.Operations.SteerRepairAsync(request, cancellation),
        context);

    public override Task<SteerBalanceReply> SteerBalance(SteerBalanceRequest request, ServerCallContext context) => edge.RunAsync(
        this,
        request,
        static (service, request, cancellation) => service.Lead.Operations.SteerBalanceAsync(request, cancellation),
        context);

    public override Task<GetEventsReply> GetEvents(GetEventsRequest request, ServerCallContext context) => edge.RunAsync(
        this, request, static (service, request, _) => Task.FromResult(service.Lead.Operations.GetEvents(request)), context);

    public override Task CheckFiles(
        CheckFilesRequest request, IServerStreamWriter<CheckFilesPiece> pieces, ServerCallContext context) => edge.RunAsync(
        this,
        pieces,
        static async (service, pieces, cancellation) =>
        {
            await service.Lead.Check.RunAsync(piece => pieces.WriteAsync(piece, cancellation), cancellation).ConfigureAwait(false);
            return true;
        },
        context);
}
