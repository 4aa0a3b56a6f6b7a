using Grpc.Core;

namespace DfsNet.Devices.Network;

/// <summary>
/// Calls the services behind one address of a <see cref="DirectNetwork"/>: all four kinds, through their real marshallers.
/// </summary>
internal sealed class DirectInvoker(DirectNetwork network, string address, TimeProvider time) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw new NotSupportedException("nothing of ours blocks");

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start<TRequest, TResponse, UnaryServerMethod<TRequest, TResponse>>(
            method, options, (handler, requests, answers, context) => AnswerAsync(handler, requests, answers, context));
        return new AsyncUnaryCall<TResponse>(
            SendOneAsync(call, request), NoHeaders(), () => call.Status, () => call.Trailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start<TRequest, TResponse, ServerStreamingServerMethod<TRequest, TResponse>>(
            method, options, async (handler, requests, answers, context) => await handler(await OneAsync(requests), answers, context));
        _ = call.SendAsync(request, CancellationToken.None);
        return new AsyncServerStreamingCall<TResponse>(call.Responses(), NoHeaders(), () => call.Status, () => call.Trailers, call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = Start<TRequest, TResponse, ClientStreamingServerMethod<TRequest, TResponse>>(
            method, options, async (handler, requests, answers, context) => await answers.WriteAsync(await handler(requests, context)));
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            new Requests<TRequest, TResponse>(call), call.SingleAsync(), NoHeaders(), () => call.Status, () => call.Trailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = Start<TRequest, TResponse, DuplexStreamingServerMethod<TRequest, TResponse>>(
            method, options, (handler, requests, answers, context) => handler(requests, answers, context));
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            new Requests<TRequest, TResponse>(call), call.Responses(), NoHeaders(), () => call.Status, () => call.Trailers, call.Dispose);
    }

    private DirectCall<TRequest, TResponse> Start<TRequest, TResponse, THandler>(
        Method<TRequest, TResponse> method,
        CallOptions options,
        Func<THandler, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> run)
        where THandler : Delegate
    {
        var endpoint = network.Find(address);
        var call = new DirectCall<TRequest, TResponse>(method, address, endpoint?.Dead ?? CancellationToken.None, options, time);
        var handler = endpoint?.Find<THandler>(method.FullName);
        _ = call.RunAsync((requests, answers, context) => handler is not null
            ? run(handler, requests, answers, context)
            : throw new RpcException(endpoint is null
                ? new Status(StatusCode.Unavailable, $"nobody listens at {address}")
                : new Status(StatusCode.Unimplemented, $"{address} has no {method.FullName}")));
        return call;
    }

    private static async Task AnswerAsync<TRequest, TResponse>(
        UnaryServerMethod<TRequest, TResponse> handler,
        IAsyncStreamReader<TRequest> requests,
        IServerStreamWriter<TResponse> answers,
        ServerCallContext context)
        where TRequest : class
        where TResponse : class => await answers.WriteAsync(await handler(await OneAsync(requests), context));

    private static async Task<T> OneAsync<T>(IAsyncStreamReader<T> requests) =>
        await requests.MoveNext(CancellationToken.None)
            ? requests.Current
            : throw new RpcException(new Status(StatusCode.Internal, "the call has no request"));

    private static async Task<TResponse> SendOneAsync<TRequest, TResponse>(DirectCall<TRequest, TResponse> call, TRequest request)
    {
        try
        {
            await call.SendAsync(request, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            // The call ended before the request was sent: its status says why, as it does over gRPC.
            return await call.SingleAsync();
        }

        return await call.SingleAsync();
    }

    private static Task<Grpc.Core.Metadata> NoHeaders() => Task.FromResult(new Grpc.Core.Metadata());

    private sealed class Requests<TRequest, TResponse>(DirectCall<TRequest, TResponse> call) : IClientStreamWriter<TRequest>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(TRequest message) => call.SendAsync(message, CancellationToken.None);

        public Task WriteAsync(TRequest message, CancellationToken cancellationToken) => call.SendAsync(message, cancellationToken);

        public Task CompleteAsync() => call.CompleteAsync();
    }
}
