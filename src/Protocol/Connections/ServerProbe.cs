using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Protocol.Connections;

/// <summary>Whether a chunk server answers at all: what tells a process or a machine that stands still from a disk that does.</summary>
public static class ServerProbe
{
    // A living server answers a small call in a few milliseconds, a busy one in some more; a writer waits for this.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    /// <summary>Any answer will do, even an error: only silence and a refused connection count.</summary>
    /// <exception cref="OperationCanceledException">When <paramref name="cancellation"/> says so.</exception>
    public static async Task<bool> AnswersAsync(
        IConnections connections, string address, TimeProvider time, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            using var call = new Chunk.ChunkClient(connections.Control(address))
                .GetChecksumsAsync(new GetChecksumsRequest(), new CallOptions(cancellationToken: linked.Token));
            await call.ResponseAsync.ConfigureAwait(false);
            return true;
        }
        catch (RpcException error) when (!cancellation.IsCancellationRequested)
        {
            return error.Trailers.Get(ErrorStatus.TrailerName) is not null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (RpcException error)
        {
            throw new OperationCanceledException("the question was called off", error, cancellation);
        }
    }
}
