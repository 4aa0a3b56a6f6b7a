using DfsNet.Integrity;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Services;

/// <summary>
/// The edge of every call: lets nobody in while this node does not lead, turns errors into typed statuses, logs what is a defect of ours
/// once.
/// </summary>
internal sealed partial class RpcEdge(Func<DfsException?> whyNotServing, Action<InvariantException> stop, ILogger log)
{
    /// <summary>For calls that only the leader answers.</summary>
    public Task<TReply> RunAsync<TService, TRequest, TReply>(
        TService service, TRequest request, Func<TService, TRequest, CancellationToken, Task<TReply>> call, ServerCallContext context) =>
        whyNotServing() is { } reason
            ? Task.FromException<TReply>(ErrorStatus.ToRpcException(reason))
            : RunAlwaysAsync(service, request, call, context);

    /// <summary>For calls that any node answers.</summary>
    public async Task<TReply> RunAlwaysAsync<TService, TRequest, TReply>(
        TService service, TRequest request, Func<TService, TRequest, CancellationToken, Task<TReply>> call, ServerCallContext context)
    {
        try
        {
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
