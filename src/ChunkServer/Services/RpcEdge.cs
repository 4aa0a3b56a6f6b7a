using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Services;

/// <summary>Where every call ends: typed errors become a status with its detail; a defect of ours is logged and becomes INTERNAL.</summary>
internal sealed partial class RpcEdge(ILogger<RpcEdge> log)
{
    public async Task<T> RunAsync<T>(string call, Func<Task<T>> handle, CancellationToken cancellation)
    {
        try
        {
            return await handle().ConfigureAwait(false);
        }
        catch (DfsException error)
        {
            throw ErrorStatus.ToRpcException(error);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, $"{call}: cancelled"));
        }
        catch (Exception error)
        {
            CallFailed(error, call);
            throw ErrorStatus.ToRpcException(
                new DfsException(ErrorCode.Internal, call, $"{call}: a defect of the chunk server: {error.Message}"));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {Call} failed by a defect of ours")]
    private partial void CallFailed(Exception error, string call);
}
