using DfsNet.Consensus;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>Why a change of members was refused, for whoever asked for it.</summary>
internal static class MembershipRefusals
{
    public static DfsException ToError(MembershipRefusal refusal) => refusal switch
    {
        MembershipRefusal.NotLeading => Of(ErrorCode.Unavailable, "this metadata server does not lead any more"),
        MembershipRefusal.NotYet => Of(ErrorCode.Overloaded, "another change is not committed yet; try again later"),
        MembershipRefusal.Unknown => Of(ErrorCode.NotFound, "there is no such metadata node"),
        MembershipRefusal.Exists => Of(ErrorCode.AlreadyExists, "a metadata node with this address is a member already"),
        MembershipRefusal.TooMany => Of(ErrorCode.LimitExceeded, $"a cluster has at most {Membership.MembersMax} metadata nodes"),
        MembershipRefusal.Lags => Of(ErrorCode.Refused, "the new node has not caught up"),
        _ => Of(ErrorCode.Refused, "the last metadata node that votes stays"),
    };

    private static DfsException Of(ErrorCode code, string message) => new(code, "change members", message);
}
