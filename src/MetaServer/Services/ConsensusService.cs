using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.MetaServer.Services;

/// <summary>What the other metadata servers say.</summary>
internal sealed class ConsensusService(RpcEdge edge, Func<IPeerDesk?> desk) : Protocol.Wire.Consensus.ConsensusBase
{
    private IPeerDesk Desk =>
        desk() ?? throw new DfsException(ErrorCode.Unavailable, "talk", "the metadata server is starting or stopping");

    public override Task<TalkReply> Talk(IAsyncStreamReader<RaftEnvelope> requestStream, ServerCallContext context) => edge.RunAlwaysAsync(
        this, requestStream, static (service, stream, cancellation) => HearAsync(service.Desk.BeginTalk(), stream, cancellation), context);

    public override Task<SnapshotAnswer> OfferSnapshot(SnapshotOffer request, ServerCallContext context) => edge.RunAlwaysAsync(
        this, request, static (service, request, cancellation) => service.Desk.OfferAsync(request, cancellation), context);

    public override Task<SnapshotPiece> ReadSnapshot(SnapshotRead request, ServerCallContext context) => edge.RunAlwaysAsync(
        this, request, static (service, request, _) => Task.FromResult(service.Desk.Read(request)), context);

    private static async Task<TalkReply> HearAsync(ITalk talk, IAsyncStreamReader<RaftEnvelope> stream, CancellationToken cancellation)
    {
        try
        {
            while (await stream.MoveNext(cancellation).ConfigureAwait(false) && talk.Take(stream.Current))
            {
            }
        }
        catch (IOException)
        {
            // The other side is gone; it begins another talk when it is back.
        }

        return new TalkReply();
    }
}
