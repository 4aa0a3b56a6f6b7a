using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.MetaServer.Services;

/// <summary>What operators ask about metadata servers.</summary>
internal sealed class MembersService(RpcEdge edge, MemberViews views) : Members.MembersBase
{
    public override Task<GetMembersReply> GetMembers(GetMembersRequest request, ServerCallContext context) => edge.RunAlwaysAsync(
        views, request, static (views, _, _) => Task.FromResult(views.Get()), context);

    public override Task<ChangeMembersReply> AddMember(AddMemberRequest request, ServerCallContext context) => edge.RunAlwaysAsync(
        views, request, static (views, request, cancellation) => views.AddAsync(request, cancellation), context);

    public override Task<ChangeMembersReply> RemoveMember(RemoveMemberRequest request, ServerCallContext context) => edge.RunAlwaysAsync(
        views, request, static (views, request, cancellation) => views.RemoveAsync(request, cancellation), context);

    public override Task<TransferLeadershipReply> TransferLeadership(TransferLeadershipRequest request, ServerCallContext context) =>
        edge.RunAlwaysAsync(
            views, request, static (views, request, cancellation) => views.TransferAsync(request, cancellation), context);

    public override Task<ProtectReply> Protect(ProtectRequest request, ServerCallContext context) => edge.RunAlwaysAsync(
        views, request, static (views, request, cancellation) => views.ProtectAsync(request, cancellation), context);

    public override Task Backup(BackupRequest request, IServerStreamWriter<BackupPiece> responseStream, ServerCallContext context) =>
        edge.RunAlwaysAsync(
            views,
            responseStream,
            static async (views, stream, cancellation) =>
            {
                await views.BackUpAsync(stream.WriteAsync, cancellation).ConfigureAwait(false);
                return true;
            },
            context);

    public override Task<FinalizeFeatureLevelReply> FinalizeFeatureLevel(
        FinalizeFeatureLevelRequest request, ServerCallContext context) => edge.RunAlwaysAsync(
            views, request, static (views, _, cancellation) => views.FinalizeAsync(cancellation), context);
}
