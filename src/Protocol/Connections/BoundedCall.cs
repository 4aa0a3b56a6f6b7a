using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Protocol.Connections;

/// <summary>A single call to another process, with a bound on its silence by a clock that is given.</summary>
public static class BoundedCall
{
    /// <param name="step">What is being done, for errors.</param>
    /// <param name="address">Who is asked, for errors.</param>
    /// <param name="limit">The longest wait for an answer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="start">Starts the call with these options.</param>
    /// <param name="cancellation">Ends it; then it is cancelled, and no error.</param>
    /// <exception cref="DfsException">What the far side answered, Unavailable, or TimedOut.</exception>
    public static async Task<T> RunAsync<T>(
        string step,
        string address,
        TimeSpan limit,
        TimeProvider time,
        Func<CallOptions, AsyncUnaryCall<T>> start,
        CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            using var call = start(new CallOptions(cancellationToken: either.Token));
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            if (late.IsCancellationRequested)
            {
                throw new DfsException(ErrorCode.TimedOut, step, $"{address} did not answer within {limit.TotalSeconds:0.0} s", error);
            }

            throw error is RpcException rpc
                ? ErrorStatus.FromRpcException(rpc, $"{step} at {address}")
                : new DfsException(ErrorCode.Unavailable, step, $"the call to {address} was cancelled", error);
        }
    }
}
