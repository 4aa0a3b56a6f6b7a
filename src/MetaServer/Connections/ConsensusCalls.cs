using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.MetaServer.Connections;

/// <summary>The single calls between metadata servers, each with a deadline on the injected clock.</summary>
internal sealed class ConsensusCalls(IConnections connections, TimeProvider time)
{
    // A piece is half a MiB; a peer that needs longer is as good as gone, and the call is made again.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public Task<SnapshotAnswer> OfferAsync(string address, SnapshotOffer offer, CancellationToken cancellation) =>
        CallAsync(address, "offer a snapshot", (client, options) => client.OfferSnapshotAsync(offer, options), cancellation);

    public Task<SnapshotPiece> ReadAsync(string address, SnapshotRead read, CancellationToken cancellation) =>
        CallAsync(address, "read a snapshot", (client, options) => client.ReadSnapshotAsync(read, options), cancellation);

    /// <exception cref="DfsException">What the peer answered, or TimedOut.</exception>
    private Task<T> CallAsync<T>(
        string address,
        string step,
        Func<Protocol.Wire.Consensus.ConsensusClient, CallOptions, AsyncUnaryCall<T>> call,
        CancellationToken cancellation) => BoundedCall.RunAsync(
            step,
            address,
            Patience,
            time,
            options => call(new Protocol.Wire.Consensus.ConsensusClient(connections.Control(address)), options),
            cancellation);
}
