using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Protocol.Errors;

/// <summary>
/// How gRPC tells that a stream is over, which is not always a status: a connection that breaks while a message is on its way shows as a
/// bare <see cref="IOException"/> or <see cref="HttpRequestException"/>; a stream that this side ended before, as an
/// <see cref="InvalidOperationException"/>; one that the far side ended in good order, as the status OK.
/// </summary>
public static class BrokenStream
{
    public static bool IsToldBy(Exception error) =>
        error is RpcException or IOException or HttpRequestException or InvalidOperationException;

    /// <summary>The typed error behind it.</summary>
    public static DfsException ToError(Exception error, string step) => error switch
    {
        RpcException { StatusCode: not StatusCode.OK } status => ErrorStatus.FromRpcException(status, step),
        RpcException or InvalidOperationException =>
            new DfsException(ErrorCode.Unavailable, step, $"{step}: the stream is already over", error),
        _ => new DfsException(ErrorCode.Unavailable, step, $"{step}: {error.Message}", error),
    };
}
