using Grpc.Core;

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
    long Call, string Method, string From, string To, MessageMoment Moment, object? Message, Status Status);
