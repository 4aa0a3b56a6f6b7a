using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Client.Data;

/// <summary>
/// Finds out which server of a failed chain is to be avoided: the one the error names, else the head; after mere silence, whoever does not
/// answer.
/// </summary>
internal sealed class ChainDiagnosis(IConnections connections, FailedServers failed, TimeProvider time)
{
    // A living server answers a small call in a few milliseconds; a writer waits for this before it goes on elsewhere.
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(250);

    public async Task BlameAsync(DfsException failure, IReadOnlyList<ChainMember> chain, CancellationToken cancellation)
    {
        switch (failure.Code)
        {
            case ErrorCode.SessionEnded:
                break;
            case ErrorCode.TimedOut when failure.ServerId == 0:
                await Task.WhenAll(chain.Select(member => ProbeAsync(member, cancellation))).ConfigureAwait(false);
                break;
            default:
                failed.Add(failure.ServerId != 0 ? failure.ServerId : chain[0].ServerId);
                break;
        }
    }

    // Any answer will do, even an error: only silence and a refused connection count.
    private async Task ProbeAsync(ChainMember member, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(ProbeTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            using var call = new Chunk.ChunkClient(connections.Control(member.Address))
                .GetChecksumsAsync(new GetChecksumsRequest(), new CallOptions(cancellationToken: linked.Token));
            await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException error) when (error.Trailers.Get(Protocol.Errors.ErrorStatus.TrailerName) is null)
        {
            failed.Add(member.ServerId);
        }
        catch (RpcException)
        {
            // It answered with an error of its own: it is alive.
            return;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            failed.Add(member.ServerId);
        }
    }
}
