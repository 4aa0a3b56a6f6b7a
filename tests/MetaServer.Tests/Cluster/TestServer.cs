using DfsNet.MetaServer.Node;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>A chunk server as the metadata server sees it: what it says is up to the test.</summary>
internal sealed class TestServer(TestNode node, int number)
{
    private readonly List<Order> _received = [];
    private ulong _sequence;

    public ulong Id { get; private set; }

    public ulong ClusterId { get; private set; }

    public ulong BootId { get; set; } = 1;

    public ulong Nonce { get; set; } = 100 + (ulong)number;

    public string Address { get; } = $"host{number}:7711";

    public VolumeStatus Volume { get; } = new()
    {
        VolumeId = 1_000 + (ulong)number,
        State = VolumeState.Healthy,
        CapacityBytes = 1UL << 40,
        AvailableBytes = 1UL << 39,
    };

    public async Task<RegisterReply> RegisterAsync(Action<RegisterRequest>? change = null)
    {
        var request = new RegisterRequest
        {
            ServerId = Id,
            ClusterId = ClusterId,
            Nonce = Nonce,
            BootId = BootId,
            Address = Address,
            Domain = $"rack{number}",
            Volumes = { Volume },
            Version = "test",
        };
        change?.Invoke(request);
        var reply = await TestNode.CallAsync(context => node.Node.ClusterService.Register(request, context));
        Id = reply.ServerId;
        ClusterId = reply.ClusterId;
        return reply;
    }

    public async Task<HeartbeatReply> BeatAsync(Action<HeartbeatRequest>? change = null)
    {
        var request = new HeartbeatRequest { ServerId = Id, BootId = BootId, Sequence = ++_sequence, Volumes = { Volume } };
        change?.Invoke(request);
        var reply = await TestNode.CallAsync(context => node.Node.ClusterService.Heartbeat(request, context));
        _received.AddRange(reply.Orders);
        return reply;
    }

    public Task<ReportChunksReply> ReportAsync(ulong sequence, ulong after, bool last, params IEnumerable<ReplicaReport> replicas)
    {
        var request = new ReportChunksRequest { ServerId = Id, BootId = BootId, Sequence = sequence, After = after, Last = last };
        request.Replicas.AddRange(replicas);
        return TestNode.CallAsync(context => node.Node.ClusterService.ReportChunks(request, context));
    }

    /// <summary>Does what it was told since it last did.</summary>
    public async Task ObeyAsync(ICollection<Order>? seen = null)
    {
        await BeatAsync();
        var orders = _received.ToList();
        _received.Clear();
        foreach (var order in orders)
        {
            seen?.Add(order);
        }

        await BeatAsync(request =>
        {
            foreach (var order in orders)
            {
                if (order.KindCase == Order.KindOneofCase.Remove)
                {
                    request.Removed.Add(new RemovedReplica { ChunkId = order.ChunkId, Generation = order.Generation });
                }
                else if (order.KindCase == Order.KindOneofCase.Seal)
                {
                    request.Changed.Add(Sealed(order.ChunkId, order.Generation, order.Seal.Length, order.Seal.Digest));
                }
            }
        });
    }

    public ReplicaReport Sealed(ulong chunk, ulong generation, uint length, uint digest) => new()
    {
        ChunkId = chunk,
        Generation = generation,
        VolumeId = Volume.VolumeId,
        Condition = ReplicaCondition.Sealed,
        Length = length,
        Digest = digest,
    };
}
