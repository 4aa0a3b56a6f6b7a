using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// What a server has reported as damaged is named in no layout behind that, as long as the metadata server lives and hears nothing else of
/// it.
/// </summary>
internal sealed class BadReplicasAreLeftOut : IWatcher
{
    private const string Name = "a replica known as damaged is left out of layouts";

    private readonly Dictionary<long, HeartbeatRequest> _heartbeats = [];
    private readonly Dictionary<long, long> _layouts = [];
    private readonly Dictionary<(ulong Server, ulong Boot), ulong> _newest = [];
    private readonly Dictionary<(ulong Chunk, ulong Server, ulong Generation), long> _damagedSince = [];
    private World? _world;
    private (Life?, ulong) _reign;

    public void Watch(World world)
    {
        _world = world;
        world.Network.Seen += See;
    }

    private void See(MessageSeen seen)
    {
        switch (seen.Moment, seen.Message)
        {
            case (MessageMoment.RequestDelivered, HeartbeatRequest { Changed.Count: > 0 } request):
                _heartbeats[seen.Call] = request;
                break;
            case (MessageMoment.RequestDelivered, ReportChunksRequest page):
                ForgetAll(page);
                break;
            case (MessageMoment.RequestDelivered, GetLayoutRequest) when _damagedSince.Count > 0:
                _layouts[seen.Call] = _world!.Scheduler.Now;
                break;
            case (MessageMoment.ResponseSent, HeartbeatReply { RegisterWanted: false, NotLeader: false })
                when _heartbeats.Remove(seen.Call, out var heard):
                Note(seen.To, heard);
                break;
            case (MessageMoment.ResponseSent, GetLayoutReply reply) when _layouts.Remove(seen.Call, out long asked):
                Check(seen.To, reply, asked, seen.From);
                break;
            case (MessageMoment.CallEnded, _):
                _heartbeats.Remove(seen.Call);
                _layouts.Remove(seen.Call);
                break;
        }
    }

    // The soft state of a leader ends with its term.
    private (Life?, ulong) ReignOf(string meta) => _world!.FindMeta(meta) is { } machine ? (machine.Life, machine.LeadingTerm) : default;

    // A page of a full report may clear old marks: from here on nothing is known.
    private void ForgetAll(ReportChunksRequest page)
    {
        foreach (var report in page.Replicas)
        {
            _damagedSince.Remove((report.ChunkId, page.ServerId, report.Generation));
        }
    }

    private void Note(string meta, HeartbeatRequest heard)
    {
        if (_reign != ReignOf(meta))
        {
            _reign = ReignOf(meta);
            _damagedSince.Clear();
            _newest.Clear();
        }

        var speaker = (heard.ServerId, heard.BootId);
        if (_newest.TryGetValue(speaker, out ulong newest) && newest >= heard.Sequence)
        {
            return;
        }

        _newest[speaker] = heard.Sequence;
        foreach (var report in heard.Changed)
        {
            var replica = (report.ChunkId, heard.ServerId, report.Generation);
            if (report.Condition != ReplicaCondition.Damaged)
            {
                _damagedSince.Remove(replica);
            }
            else
            {
                _damagedSince.TryAdd(replica, _world!.Scheduler.Now);
            }
        }
    }

    private void Check(string meta, GetLayoutReply reply, long asked, string reader)
    {
        if (_reign != ReignOf(meta))
        {
            return;
        }

        foreach (var chunk in reply.Chunks)
        {
            foreach (var replica in chunk.Replicas)
            {
                if (_damagedSince.TryGetValue((chunk.ChunkId, replica.ServerId, replica.Generation), out long since) && since < asked)
                {
                    string what = $"chunk {chunk.ChunkId} on server {replica.ServerId}, reported at {new TimeSpan(since)}";
                    _world!.Violate(Name, $"{reader} was sent to {what}");
                }
            }
        }
    }
}
