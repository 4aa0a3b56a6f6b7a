using System.Globalization;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Output;

/// <summary>State of the cluster, as "admin status" tells it.</summary>
/// <param name="ChunkServers">Registered chunk servers, whatever their state.</param>
/// <param name="Suspect">Those silent for a while.</param>
/// <param name="Dead">Those given up.</param>
/// <param name="UnderReplicated">Chunks with fewer good reachable replicas than wanted.</param>
/// <param name="Unavailable">Chunks with none.</param>
/// <param name="Removing">Chunks that wait for removal.</param>
internal sealed record StatusFacts(
    string Cluster,
    ulong Incarnation,
    string Version,
    int ChunkServers,
    int Healthy,
    int Suspect,
    int Dead,
    ulong Chunks,
    ulong OpenChunks,
    ulong UnderReplicated,
    ulong Unavailable,
    ulong Removing,
    ulong Sessions,
    ulong Files,
    ulong Directories,
    ulong Term,
    ulong AppliedIndex,
    IReadOnlyList<string> Alarms,
    IReadOnlyList<ServerFacts> Servers)
{
    public static StatusFacts Of(GetStatusReply status) => new(
        status.ClusterId.ToString("x16", CultureInfo.InvariantCulture),
        status.Incarnation,
        status.Version,
        status.Servers.Count,
        status.Servers.Count(server => server.State == ServerState.Healthy),
        status.Servers.Count(server => server.State == ServerState.Suspect),
        status.Servers.Count(server => server.State == ServerState.Dead),
        status.Chunks,
        status.OpenChunks,
        status.UnderReplicated,
        status.Unavailable,
        status.Removing,
        status.Sessions,
        status.Files,
        status.Directories,
        status.Term,
        status.AppliedIndex,
        [.. status.Alarms],
        [.. status.Servers.OrderBy(server => server.ServerId).Select(ServerFacts.Of)]);
}

/// <summary>A chunk server.</summary>
internal sealed record ServerFacts(
    ulong Server,
    string Address,
    string Domain,
    string State,
    uint SilentMs,
    ulong Replicas,
    string Version,
    IReadOnlyList<VolumeFacts> Volumes)
{
    public static ServerFacts Of(ServerStatus server) => new(
        server.ServerId,
        server.Address,
        server.Domain,
        server.State.ToString().ToLowerInvariant(),
        server.SilentMs,
        server.Replicas,
        server.Version,
        [.. server.Volumes.Select(VolumeFacts.Of)]);
}

/// <summary>A volume of a chunk server.</summary>
internal sealed record VolumeFacts(string Volume, string State, ulong CapacityBytes, ulong AvailableBytes, ulong Chunks, string Detail)
{
    public static VolumeFacts Of(VolumeStatus volume) => new(
        volume.VolumeId.ToString("x16", CultureInfo.InvariantCulture),
        volume.State.ToString().ToLowerInvariant(),
        volume.CapacityBytes,
        volume.AvailableBytes,
        volume.Chunks,
        volume.Detail);
}
