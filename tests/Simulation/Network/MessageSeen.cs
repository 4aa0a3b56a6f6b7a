using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;
using Metadata = Grpc.Core.Metadata;

namespace DfsNet.Simulation.Network;

/// <summary>Where on its way a message was seen.</summary>
internal enum MessageMoment
{
    RequestSent,
    RequestDelivered,
    ResponseSent,
    ResponseDelivered,

    /// <summary>The caller knows the end of its call; <see cref="MessageSeen.Status"/> says which.</summary>
    CallEnded,
}

/// <summary>
/// A message as an observer sees it. <paramref name="From"/> is the caller's machine and <paramref name="To"/> the server's, also for
/// responses. Bulk payloads are pooled: look at them at once.
/// </summary>
internal readonly record struct MessageSeen(
    long Call, string Method, string From, string To, MessageMoment Moment, object? Message, Status Status, Metadata? Trailers)
{
    /// <summary>At the end of a call: the typed error that its caller sees; unspecified when it ended well.</summary>
    public ErrorCode Error => Status.StatusCode == StatusCode.OK
        ? ErrorCode.Unspecified
        : ErrorStatus.FromRpcException(new RpcException(Status, Trailers ?? []), Method).Code;
}
