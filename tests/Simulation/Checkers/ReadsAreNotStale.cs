using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// A metadata server that leads in one term answers no read that came after a later leader had acknowledged a change: it could not know of
/// it.
/// </summary>
internal sealed class ReadsAreNotStale : IWatcher
{
    private const string Name = "no read is answered by a leader of the past";

    private readonly Dictionary<long, (ulong Term, ulong Acknowledged)> _reads = [];
    private ulong _acknowledged;
    private World? _world;

    public void Watch(World world)
    {
        _world = world;
        if (world.Metas.Count > 1)
        {
            world.Network.Seen += See;
        }
    }

    private void See(MessageSeen seen)
    {
        switch (seen.Moment, seen.Message)
        {
            case (MessageMoment.ResponseSent, SubmitReply or AllocateChunkReply):
                _acknowledged = Math.Max(_acknowledged, TermOf(seen.To));
                break;
            case (MessageMoment.RequestDelivered, LookupRequest or ListRequest or GetLayoutRequest or GetFileSystemRequest):
                _reads[seen.Call] = (TermOf(seen.To), _acknowledged);
                break;
            case (MessageMoment.ResponseSent, LookupReply or ListReply or GetLayoutReply or GetFileSystemReply)
                when _reads.Remove(seen.Call, out var read) && read.Term != 0 && read.Term < read.Acknowledged:
                _world!.Violate(
                    Name,
                    $"{seen.To} answered {seen.Method} in term {read.Term} when a leader of term {read.Acknowledged} had acknowledged");
                break;
            case (MessageMoment.CallEnded, _):
                _reads.Remove(seen.Call);
                break;
        }
    }

    private ulong TermOf(string server) => _world!.FindMeta(server)?.LeadingTerm ?? 0;
}
