using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.MetaServer.Services;

/// <summary>What the other metadata nodes say.</summary>
internal sealed class ConsensusService(RpcEdge edge, Func<PeerDesk?> desk) : Protocol.Wire.Consensus.ConsensusBase
{
    public override Task<TalkReply> Talk(IAsyncStreamReader<RaftEnvelope> requestStream, ServerCallContext context) =>
        edge.RunAlwaysAsync(this, requestStream, static (service, stream, cancellation) => service.Desk.HearAsync(stream, cancellation), context);

    private PeerDesk Desk =>
        desk() ?? throw new DfsException(ErrorCode.Unavailable, "talk", "the metadata server is starting or stopping");
}
