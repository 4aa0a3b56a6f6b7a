using DfsNet.Integrity;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Services;

/// <summary>
/// The edge of every call: lets nobody in before the node serves, turns errors into typed statuses, logs what is a defect of ours once.
/// </summary>
internal sealed partial class RpcEdge(Func<bool> isServing, Action<InvariantException> stop, ILogger log)
{
    public async Task<TReply> RunAsync<TService, TRequest, TReply>(
        TService service, TRequest request, Func<TService, TRequest, CancellationToken, Task<TReply>> call, ServerCallContext context)
    {
        try
        {
            if (!isServing())
            {
                throw new DfsException(ErrorCode.Unavailable, context.Method, "the metadata server is starting or stopping");
            }

            return await call(service, request, context.CancellationToken).ConfigureAwait(false);
        }
        catch (DfsException error)
        {
            throw ErrorStatus.ToRpcException(error);
        }
        catch (OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the caller went away or its deadline passed"));
        }
        catch (InvariantException error)
        {
            stop(error);
            throw Internal(context.Method, error);
        }
        catch (Exception error)
        {
            throw Internal(context.Method, error);
        }
    }

    private RpcException Internal(string method, Exception error)
    {
        CallBroke(error, method);
        return ErrorStatus.ToRpcException(
            new DfsException(ErrorCode.Internal, method, "the metadata server has a defect; its log says which"));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {Method} broke")]
    private partial void CallBroke(Exception error, string method);
}
