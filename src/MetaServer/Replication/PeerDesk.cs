using DfsNet.Consensus;
using DfsNet.MetaServer.Replication.Snapshots;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>Hears the other members, and makes sure that they are members of this cluster, with the disk that they had.</summary>
internal sealed class PeerDesk(
    MembershipCard card,
    Mailbox mailbox,
    Func<Membership> members,
    DigestBook digests,
    HeardMembers heard,
    SnapshotIntake intake,
    SnapshotSender snapshots,
    Action<DfsException> stop) : IPeerDesk
{
    // Guards _streams.
    private readonly Lock _lock = new();
    private readonly Dictionary<MemberId, int> _streams = [];

    private volatile bool _isClosed;

    public ITalk BeginTalk() => new Talk(this);

    /// <summary>This life of the node is over: whoever talks has to begin again, with the next one.</summary>
    public void Close() => _isClosed = true;

    public Task<SnapshotAnswer> OfferAsync(SnapshotOffer offer, CancellationToken cancellation)
    {
        Check(offer.Sender, offer.To, offer.ToDirectory);
        return intake.OfferAsync(offer, cancellation);
    }

    public SnapshotPiece Read(SnapshotRead read)
    {
        Check(read.Sender, read.To, read.ToDirectory);
        return snapshots.Read(read);
    }

    private void Check(RaftSender? sender, ulong to, ulong toDirectory)
    {
        card.Check(sender, to);
        if (card.LostDisk(toDirectory) is { } lost)
        {
            stop(lost);
            throw lost;
        }
    }

    private void Compare(RaftEnvelope envelope)
    {
        if (envelope.Digest is { } digest)
        {
            digests.Report(new MemberId(envelope.Sender.Member), digest, members());
        }

        if (envelope.AppendRequest is not null && envelope.Agreed is { } agreed)
        {
            digests.Agree(agreed);
        }

        if (digests.Divergence is { } divergence)
        {
            stop(new DfsException(
                ErrorCode.Corrupt,
                "meta-server: state digest",
                $"{divergence}: it must not answer anybody; replace it by a new member (dfs admin meta replace)"));
        }
    }

    private void Hear(RaftEnvelope envelope)
    {
        heard.Note(envelope.Sender);
        if (RaftWire.FromEnvelope(envelope) is { } message)
        {
            mailbox.Post(message);
        }
    }

    /// <summary>
    /// One stream of one member, until it ends or a newer one takes its place: what an earlier life of that member said is not heard behind
    /// what its present life says.
    /// </summary>
    private sealed class Talk(PeerDesk desk) : ITalk
    {
        private int _mine;

        public bool Take(RaftEnvelope envelope)
        {
            if (desk._isClosed)
            {
                return false;
            }

            desk.Check(envelope.Sender, envelope.To, envelope.ToDirectory);
            var from = new MemberId(envelope.Sender.Member);
            lock (desk._lock) // guards desk._streams
            {
                int newest = desk._streams.GetValueOrDefault(from);
                if (_mine == 0)
                {
                    desk._streams[from] = _mine = newest + 1;
                }
                else if (_mine != newest)
                {
                    return false;
                }
            }

            desk.Compare(envelope);
            desk.Hear(envelope);

            return true;
        }
    }
}
