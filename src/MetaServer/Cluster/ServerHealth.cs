using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>How one server is.</summary>
/// <param name="State">By its silence.</param>
/// <param name="IsGone">Dead for longer than the grace: its replicas are made anew elsewhere.</param>
/// <param name="IsDraining">It is being emptied: its replicas are read and copied, and do not count.</param>
/// <param name="IsReported">It lives, and all that it has was compared with the record since it started.</param>
/// <param name="Domain">The fault domain it stands in.</param>
internal readonly record struct ServerCondition(ServerState State, bool IsGone, bool IsDraining, bool IsReported, string Domain)
{
    /// <summary>It answers, but much more slowly than the others: all of its volumes do.</summary>
    public bool IsSlow { get; init; }

    /// <summary>Of a server that is not in the record.</summary>
    public static readonly ServerCondition Unknown = new(ServerState.Dead, true, false, false, "");
}

/// <summary>How one volume is, by its server's word, and by its users'.</summary>
internal readonly record struct VolumeCondition(VolumeState State, bool IsSlow);

/// <summary>States of servers and of their volumes at one moment; a volume nobody has spoken of yet counts as well.</summary>
internal sealed record ServerHealth(
    IReadOnlyDictionary<ServerId, ServerCondition> Servers, IReadOnlyDictionary<ReplicaPlace, VolumeCondition> Volumes)
{
    /// <summary>Fault domains with a server that takes chunks.</summary>
    public int Domains { get; } = Servers.Values
        .Where(server => server is { State: ServerState.Healthy, IsDraining: false, IsSlow: false })
        .Select(server => server.Domain).Distinct(StringComparer.Ordinal).Count();

    public ServerState Of(ServerId server) => ConditionOf(server).State;

    public ServerCondition ConditionOf(ServerId server) => Servers.GetValueOrDefault(server, ServerCondition.Unknown);

    public bool IsVolumeWell(ReplicaPlace place) =>
        !Volumes.TryGetValue(place, out var volume) || volume.State is VolumeState.Healthy or VolumeState.Full;

    public bool IsSlow(ReplicaPlace place) => Volumes.GetValueOrDefault(place).IsSlow;
}
