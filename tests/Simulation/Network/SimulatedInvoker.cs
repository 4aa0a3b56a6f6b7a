using DfsNet.Simulation.Time;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>Calls of all four kinds from one life to one address.</summary>
internal sealed class SimulatedInvoker(
    SimulatedNetwork network, string machine, Life life, TimeProvider clock, string address, int messageMax) : CallInvoker
{
    private static readonly Task<Metadata> NoHeaders = Task.FromResult(new Metadata());

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw new NotSupportedException("nothing of ours blocks");

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start(method, options, request);
        return new AsyncUnaryCall<TResponse>(call.Responses.SingleAsync(), NoHeaders, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start(method, options, request);
        return new AsyncServerStreamingCall<TResponse>(call.Responses, NoHeaders, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = Start(method, options, null);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            call.Requests, call.Responses.SingleAsync(), NoHeaders, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = Start(method, options, null);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.Requests, call.Responses, NoHeaders, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private CallerEnd<TRequest, TResponse> Start<TRequest, TResponse>(
        Method<TRequest, TResponse> method, CallOptions options, TRequest? request)
        where TRequest : class
        where TResponse : class
    {
        var call = new CallerEnd<TRequest, TResponse>(network, machine, life, address, method, messageMax);
        call.Start(options, clock, request);
        return call;
    }
}
