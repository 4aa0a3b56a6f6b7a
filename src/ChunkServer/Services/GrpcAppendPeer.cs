using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace DfsNet.ChunkServer.Services;

/// <summary>An append stream that arrived over gRPC.</summary>
internal sealed class GrpcAppendPeer(IAsyncStreamReader<AppendMessage> requests, IServerStreamWriter<AppendAck> answers) : IAppendPeer
{
    public async ValueTask<AppendMessage?> ReceiveAsync(CancellationToken cancellation)
    {
        try
        {
            return await requests.MoveNext(cancellation).ConfigureAwait(false) ? requests.Current : null;
        }
        catch (Exception error) when (error is InvalidDataException or InvalidProtocolBufferException)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "append: receive", error.Message, error);
        }
        catch (Exception error) when (IsGone(error))
        {
            throw Gone("append: receive", error);
        }
    }

    public async ValueTask SendAsync(AppendAck ack, CancellationToken cancellation)
    {
        try
        {
            await answers.WriteAsync(ack, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (IsGone(error))
        {
            throw Gone("append: acknowledge", error);
        }
    }

    // The server side of gRPC reports a reset, an abort and a stream that is over by these three.
    private static bool IsGone(Exception error) => error is IOException or InvalidOperationException or RpcException;

    private static DfsException Gone(string step, Exception error) =>
        error is RpcException rpc
            ? ErrorStatus.FromRpcException(rpc, step)
            : new DfsException(ErrorCode.Unavailable, step, $"the sender is gone: {error.Message}", error);
}
