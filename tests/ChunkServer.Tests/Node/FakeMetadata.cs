using System.Collections.Concurrent;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;
using ClusterCalls = DfsNet.Protocol.Wire.Cluster;

namespace DfsNet.ChunkServer.Tests.Node;

/// <summary>
/// A metadata server's answers to chunk servers: gives ids, keeps what it hears, hands out the orders that a test queues.
/// </summary>
internal sealed class FakeMetadata : ClusterCalls.ClusterBase
{
    public const ulong ClusterNumber = 0xc1;

    private readonly ConcurrentDictionary<ulong, ulong> _serverOfNonce = new();
    private readonly ConcurrentDictionary<ulong, RegisterRequest> _known = new();
    private ulong _servers;

    public ConcurrentQueue<RegisterRequest> Registrations { get; } = new();

    public ConcurrentQueue<HeartbeatRequest> Heartbeats { get; } = new();

    public ConcurrentQueue<ReportChunksRequest> Reports { get; } = new();

    /// <summary>Given with every heartbeat's answer to that server until taken away: orders repeat.</summary>
    public ConcurrentDictionary<ulong, Order[]> Orders { get; } = new();

    public ulong ClusterId { get; set; } = ClusterNumber;

    public ulong Incarnation { get; set; } = 1;

    public ulong AppliedIndex { get; set; } = 100;

    public ulong Term { get; set; } = 5;

    public DfsException? RefuseRegistration { get; set; }

    /// <summary>Heartbeats fail while this is set.</summary>
    public bool Silent { get; set; }

    /// <summary>Another one leads, as far as this one knows.</summary>
    public bool Follows { get; set; }

    public void Forget() => _known.Clear();

    public override Task<RegisterReply> Register(RegisterRequest request, ServerCallContext context)
    {
        Registrations.Enqueue(request);
        if (RefuseRegistration is { } error)
        {
            throw ErrorStatus.ToRpcException(error);
        }

        ulong server = request.ServerId != 0
            ? request.ServerId
            : _serverOfNonce.GetOrAdd(request.Nonce, _ => Interlocked.Increment(ref _servers));
        _known[server] = request;
        return Task.FromResult(new RegisterReply
        {
            ClusterId = ClusterId,
            ServerId = server,
            Incarnation = Incarnation,
            AppliedIndex = AppliedIndex,
            Term = Term,
        });
    }

    public override Task<HeartbeatReply> Heartbeat(HeartbeatRequest request, ServerCallContext context)
    {
        if (Silent)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "silent"));
        }

        Heartbeats.Enqueue(request);
        return Task.FromResult(Follows ? new HeartbeatReply { NotLeader = true } : new HeartbeatReply
        {
            Incarnation = Incarnation,
            AppliedIndex = AppliedIndex,
            Term = Term,
            RegisterWanted = !_known.ContainsKey(request.ServerId),
            Orders = { Orders.GetValueOrDefault(request.ServerId, []) },
        });
    }

    public override Task<ReportChunksReply> ReportChunks(ReportChunksRequest request, ServerCallContext context)
    {
        Reports.Enqueue(request);
        return Task.FromResult(new ReportChunksReply());
    }
}
