using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Observation;

/// <summary>Rows of what chunk servers report, are ordered, and confirm.</summary>
internal sealed class OrderRows(World world, RecordRows record)
{
    private readonly HashSet<(string Server, ulong Chunk)> _stopped = [];

    public void See(in MessageSeen seen)
    {
        switch (seen.Moment)
        {
            case MessageMoment.RequestDelivered when seen.Message is ReportChunksRequest report:
                foreach (var replica in report.Replicas)
                {
                    // It took appends before the restart.
                    if (replica is { Condition: ReplicaCondition.Open, Appendable: false })
                    {
                        _stopped.Add((seen.From, replica.ChunkId));
                    }
                }

                break;
            case MessageMoment.ResponseDelivered when seen.Message is HeartbeatReply { Orders.Count: > 0 } reply:
                foreach (var order in reply.Orders)
                {
                    if (order.KindCase == Order.KindOneofCase.Remove)
                    {
                        record.NoteRemovalOrdered(order.ChunkId);
                    }
                }

                break;
            case MessageMoment.RequestDelivered when seen.Message is HeartbeatRequest { Changed.Count: > 0 } request:
                foreach (var change in request.Changed)
                {
                    See(seen.From, change);
                }

                break;
        }
    }

    private void See(string server, ReplicaReport change)
    {
        if (change.Condition == ReplicaCondition.Damaged)
        {
            world.Coverage.Count(Rows.DamageReported);
        }
        else if (change.Condition == ReplicaCondition.Sealed && _stopped.Remove((server, change.ChunkId)))
        {
            world.Coverage.Count(Rows.ReturnedSealed);
        }
    }
}
