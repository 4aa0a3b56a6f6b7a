using DfsNet.Consensus;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Replication;

/// <summary>Messages of consensus as they travel.</summary>
internal static class RaftWire
{
    public static RaftEnvelope ToEnvelope(Message message)
    {
        var envelope = new RaftEnvelope { To = message.To.Value, Term = message.Term };
        switch (message)
        {
            case VoteRequest request:
                envelope.VoteRequest = new RaftVoteRequest
                {
                    Last = ToWire(request.Last),
                    Trial = request.IsTrial,
                    Transfer = request.IsTransfer,
                };
                break;
            case VoteReply reply:
                envelope.VoteReply = new RaftVoteReply { Trial = reply.IsTrial, Granted = reply.IsGranted };
                break;
            case AppendRequest request:
                envelope.AppendRequest = ToWire(request);
                break;
            case AppendReply reply:
                envelope.AppendReply = new RaftAppendReply
                {
                    Accepted = reply.IsAccepted,
                    Match = reply.Match,
                    Hint = ToWire(reply.Hint),
                    Round = reply.Round,
                    Impaired = reply.IsImpaired,
                };
                break;
            default:
                envelope.CampaignNow = new RaftCampaignNow();
                break;
        }

        return envelope;
    }

    /// <summary>Null for a kind that this version does not know.</summary>
    public static Message? FromEnvelope(RaftEnvelope envelope)
    {
        var from = new MemberId(envelope.Sender?.Member ?? 0);
        var to = new MemberId(envelope.To);
        ulong term = envelope.Term;
        return envelope.KindCase switch
        {
            RaftEnvelope.KindOneofCase.VoteRequest => new VoteRequest(
                from, to, term, FromWire(envelope.VoteRequest.Last), envelope.VoteRequest.Trial, envelope.VoteRequest.Transfer),
            RaftEnvelope.KindOneofCase.VoteReply => new VoteReply(
                from, to, term, envelope.VoteReply.Trial, envelope.VoteReply.Granted),
            RaftEnvelope.KindOneofCase.AppendRequest => FromWire(from, to, term, envelope.AppendRequest),
            RaftEnvelope.KindOneofCase.AppendReply => FromWire(from, to, term, envelope.AppendReply),
            RaftEnvelope.KindOneofCase.CampaignNow => new CampaignNow(from, to, term),
            _ => null,
        };
    }

    public static RaftPoint ToWire(LogPoint point) => new() { Term = point.Term, Index = point.Index };

    public static LogPoint FromWire(RaftPoint? point) => new(point?.Term ?? 0, point?.Index ?? 0);

    private static RaftAppendRequest ToWire(AppendRequest request)
    {
        var wire = new RaftAppendRequest
        {
            Previous = ToWire(request.Previous),
            Commit = request.Commit,
            Round = request.Round,
            Heard = request.Heard,
        };
        foreach (var entry in request.Entries)
        {
            // The body is immutable as long as the entry lives.
            wire.Entries.Add(new RaftEntry
            {
                Point = ToWire(entry.Point),
                Kind = (uint)entry.Kind,
                Body = UnsafeByteOperations.UnsafeWrap(entry.Body),
            });
        }

        return wire;
    }

    private static AppendRequest? FromWire(MemberId from, MemberId to, ulong term, RaftAppendRequest wire)
    {
        var entries = new List<Entry>(wire.Entries.Count);
        foreach (var entry in wire.Entries)
        {
            if (entry.Kind > byte.MaxValue || !Enum.IsDefined((EntryKind)entry.Kind))
            {
                return null;
            }

            entries.Add(new Entry(FromWire(entry.Point), (EntryKind)entry.Kind, entry.Body.Memory));
        }

        return new AppendRequest(from, to, term, FromWire(wire.Previous), entries, wire.Commit, wire.Round, wire.Heard);
    }

    private static AppendReply FromWire(MemberId from, MemberId to, ulong term, RaftAppendReply wire) =>
        new(from, to, term, wire.Accepted, wire.Match, FromWire(wire.Hint), wire.Round, wire.Impaired);
}
