using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// The metadata server orders the removal of a replica only when the record says that it is leaving, and the record says so for good: also
/// behind a crash it is leaving or gone.
/// </summary>
internal sealed class RemovalsAreCommitted : IWatcher
{
    private const string Name = "a removal is committed before it is ordered";

    private readonly Dictionary<long, (ServerId Server, IStateSnapshot Record)> _calls = [];
    private readonly SortedSet<(ulong Chunk, ulong Server, ulong Generation)> _ordered = [];
    private World? _world;
    private ulong _term;

    public void Watch(World world)
    {
        _world = world;
        world.Network.Seen += See;
    }

    private void See(MessageSeen seen)
    {
        switch (seen.Moment, seen.Message)
        {
            case (MessageMoment.RequestDelivered, HeartbeatRequest request):
                Begin(seen, request.ServerId);
                break;
            case (MessageMoment.RequestDelivered, ReportChunksRequest request):
                Begin(seen, request.ServerId);
                break;
            case (MessageMoment.ResponseSent, HeartbeatReply { NotLeader: false } reply):
                CheckOrders(seen, reply.Orders);
                break;
            case (MessageMoment.ResponseSent, ReportChunksReply reply):
                CheckOrders(seen, reply.Orders);
                break;
            case (MessageMoment.CallEnded, _):
                _calls.Remove(seen.Call);
                break;
        }
    }

    private void Begin(in MessageSeen seen, ulong server) =>
        _calls[seen.Call] = (new ServerId(server), _world!.FindMeta(seen.To)!.Store.OpenSnapshot());

    private void CheckOrders(in MessageSeen seen, IEnumerable<Order> orders)
    {
        var meta = _world!.FindMeta(seen.To)!;
        if (meta.LeadingTerm > _term)
        {
            // A leader of the past may still speak, from a record that ends where it was cut off.
            _term = meta.LeadingTerm;
            CheckBehindCrash(meta.Store);
        }

        if (!_calls.TryGetValue(seen.Call, out var begun))
        {
            return;
        }

        foreach (var order in orders)
        {
            if (order.KindCase == Order.KindOneofCase.Remove)
            {
                CheckRemoval(order, begun.Server, meta.Store, begun.Record);
            }
        }
    }

    // A removal may have been confirmed between the making of the reply and its sending: then the record of the request still has it.
    private void CheckRemoval(Order order, ServerId server, IStateReads now, IStateReads before)
    {
        var chunk = new ChunkId(order.ChunkId);
        if (IsLeaving(now, chunk, server, order.Generation) || IsLeaving(before, chunk, server, order.Generation))
        {
            _ordered.Add((order.ChunkId, server.Value, order.Generation));
        }
        else
        {
            _world!.Violate(Name, $"server {server} was told to remove chunk {chunk}, generation {order.Generation}, which is not leaving");
        }
    }

    private void CheckBehindCrash(IStateReads record)
    {
        foreach (var (chunk, server, generation) in _ordered)
        {
            if (record.Get(Keys.Replica(new ChunkId(chunk), new ServerId(server))) is { Leaving: false } row
                && row.Generation == generation)
            {
                _world!.Violate(Name, $"server {server} was told to remove chunk {chunk}, which the record has again as present");
            }
        }
    }

    private static bool IsLeaving(IStateReads record, ChunkId chunk, ServerId server, ulong generation) =>
        record.Get(Keys.Replica(chunk, server)) is { Leaving: true } row && row.Generation == generation;
}
