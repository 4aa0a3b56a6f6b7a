using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>What this process tells about itself in every registration and heartbeat, and what it has learnt about history.</summary>
internal sealed class Membership(
    DataDirectories directories, VolumeGauges gauges, ChunkServerOptions options, string address, string version, ulong bootId)
{
    private ulong _heartbeats;

    public ulong BootId { get; } = bootId;

    public NodeIdentity Identity => directories.Identity;

    public SeenHistory Seen => directories.Seen;

    /// <summary>Numbers the heartbeats of this process, whoever hears them: one server may be known under two addresses.</summary>
    public ulong NextHeartbeat() => Interlocked.Increment(ref _heartbeats);

    public RegisterRequest Registration()
    {
        var seen = directories.Seen.Furthest;
        return new RegisterRequest
        {
            ClusterId = Identity.Cluster.Value,
            ServerId = Identity.Server.Value,
            Nonce = directories.Nonce,
            BootId = BootId,
            Address = address,
            Domain = options.Domain.Length != 0 ? options.Domain : HostOf(address),
            Volumes = { gauges.Statuses() },
            NewVolume = options.NewVolume,
            SeenIncarnation = seen.Incarnation,
            SeenIndex = seen.Index,
            Version = version,
        };
    }

    /// <summary>
    /// Checks the answer to a registration and stores who we are; throws when it comes from another cluster or from the past.
    /// </summary>
    public async Task AdoptAsync(RegisterReply reply, string from)
    {
        const string step = "register";
        var told = new NodeIdentity(new ClusterId(reply.ClusterId), new ServerId(reply.ServerId));
        if (told.Cluster == ClusterId.None || told.Server == ServerId.None)
        {
            throw new DfsException(ErrorCode.Internal, step, $"{from} answered without a cluster or a server id");
        }

        if (Identity != NodeIdentity.Unknown && told != Identity)
        {
            throw new DfsException(
                ErrorCode.WrongCluster,
                step,
                $"{from} answered as cluster {told.Cluster} for server {told.Server}; "
                + $"these data directories are server {Identity.Server} of {Identity.Cluster}");
        }

        if (!Seen.Accept(new HistoryPoint(reply.Incarnation, reply.AppliedIndex)))
        {
            var furthest = Seen.Furthest;
            throw new DfsException(
                ErrorCode.StaleOrder,
                step,
                $"{from} stands at {reply.Incarnation}/{reply.AppliedIndex}, behind {furthest.Incarnation}/{furthest.Index} "
                + "which this server was told: it was rolled back; it is not obeyed");
        }

        await directories.AdoptAsync(told).ConfigureAwait(false);
    }

    private static string HostOf(string address)
    {
        int colon = address.LastIndexOf(':');
        return colon < 0 ? address : address[..colon];
    }
}
