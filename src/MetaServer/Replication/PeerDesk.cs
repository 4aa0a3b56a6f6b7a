using DfsNet.Consensus;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.MetaServer.Replication;

/// <summary>Hears the other members, and makes sure that they are members of this cluster, with the disk that they had.</summary>
internal sealed class PeerDesk(MembershipCard card, Mailbox mailbox)
{
    // Guards _streams.
    private readonly Lock _lock = new();
    private readonly Dictionary<MemberId, int> _streams = [];

    /// <summary>
    /// One stream of one member, until it ends or a newer one takes its place: what an earlier life of that member said is not heard behind
    /// what its present life says.
    /// </summary>
    public async Task<TalkReply> HearAsync(IAsyncStreamReader<RaftEnvelope> stream, CancellationToken cancellation)
    {
        int mine = 0;
        while (await stream.MoveNext(cancellation).ConfigureAwait(false))
        {
            var envelope = stream.Current;
            Check(envelope);
            var from = new MemberId(envelope.Sender.Member);
            lock (_lock)
            {
                int newest = _streams.GetValueOrDefault(from);
                if (mine == 0)
                {
                    _streams[from] = mine = newest + 1;
                }
                else if (mine != newest)
                {
                    break;
                }
            }

            if (RaftWire.FromEnvelope(envelope) is { } message)
            {
                mailbox.Post(message);
            }
        }

        return new TalkReply();
    }

    private void Check(RaftEnvelope envelope)
    {
        if (envelope.Sender is not { Member: not 0 } sender)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "talk", "a message without a sender");
        }

        card.Check(sender, envelope.To);
    }
}
