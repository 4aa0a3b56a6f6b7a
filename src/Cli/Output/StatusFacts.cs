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
    RepairFacts Repair,
    BalanceFacts Balance,
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
        RepairFacts.Of(status.Repair),
        BalanceFacts.Of(status.Balance),
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
    bool Draining,
    bool Slow,
    IReadOnlyList<VolumeFacts> Volumes)
{
    /// <summary>Above the lines of <see cref="ToLine"/>.</summary>
    public static string Heading =>
        $"{"SERVER",-7}{"STATE",-10}{"ADDRESS",-24}{"DOMAIN",-14}{"STORED",12}{"AVAILABLE",12}{"FULL",7}{"REPLICAS",10}";

    public static ServerFacts Of(ServerStatus server) => new(
        server.ServerId,
        server.Address,
        server.Domain,
        server.State.ToString().ToLowerInvariant(),
        server.SilentMs,
        server.Replicas,
        server.Version,
        server.Draining,
        server.Slow,
        [.. server.Volumes.Select(VolumeFacts.Of)]);

    public string StateText() => $"{State}{(Slow ? ", slow" : "")}{(Draining ? ", draining" : "")}";

    public string ToLine()
    {
        double stored = Volumes.Sum(volume => (double)volume.StoredBytes);
        double available = Volumes.Sum(volume => (double)volume.AvailableBytes);
        string fill = (stored + available > 0 ? stored / (stored + available) : 0).ToString("P1", CultureInfo.InvariantCulture);
        string state = Draining ? "draining" : Slow ? "slow" : State;
        return $"{Server,-7}{state,-10}{Address,-24}{Domain,-14}{Quantities.Bytes(stored),12}{Quantities.Bytes(available),12}{fill,7}"
            + $"{Replicas,10}";
    }
}

/// <summary>A volume of a chunk server.</summary>
internal sealed record VolumeFacts(
    string Volume,
    string State,
    ulong CapacityBytes,
    ulong AvailableBytes,
    ulong StoredBytes,
    ulong Chunks,
    string Detail,
    bool Slow,
    VolumeScrubFacts Scrub)
{
    public static VolumeFacts Of(VolumeStatus volume) => new(
        volume.VolumeId.ToString("x16", CultureInfo.InvariantCulture),
        volume.State.ToString().ToLowerInvariant(),
        volume.CapacityBytes,
        volume.AvailableBytes,
        volume.StoredBytes,
        volume.Chunks,
        volume.Detail,
        volume.Slow,
        VolumeScrubFacts.Of(volume.Scrub));

    public string ToLine()
    {
        string detail = Detail.Length == 0 ? "" : $" ({Names.Printable(Detail)})";
        string state = Slow && State == "healthy" ? "slow" : State;
        return $"  volume {Volume} {state,-8} {Quantities.Bytes(AvailableBytes)} of {Quantities.Bytes(CapacityBytes)} available, "
            + $"{Quantities.Count((long)Chunks, "chunk")} with {Quantities.Bytes(StoredBytes)}{Scrub.ToText()}{detail}";
    }
}

/// <summary>How far a volume is scrubbed.</summary>
/// <param name="VerifiedBytes">In the present round, or the last one.</param>
/// <param name="VerifiedAgoSeconds">Since the last complete round; null: none since the server started.</param>
/// <param name="Request">Of an operator, that the round answers.</param>
internal sealed record VolumeScrubFacts(
    bool Running, ulong VerifiedBytes, ulong TotalBytes, uint Damaged, ulong? VerifiedAgoSeconds, ulong Request)
{
    public static VolumeScrubFacts Of(ScrubStatus? scrub) => scrub is null
        ? new VolumeScrubFacts(false, 0, 0, 0, null, 0)
        : new VolumeScrubFacts(
            scrub.IsRunning,
            scrub.VerifiedBytes,
            scrub.TotalBytes,
            scrub.Damaged,
            scrub.VerifiedAgoMs == ulong.MaxValue ? null : scrub.VerifiedAgoMs / 1_000,
            scrub.Request);

    public string ToText()
    {
        string last = VerifiedAgoSeconds is { } ago ? $", scrubbed {Quantities.Time(TimeSpan.FromSeconds(ago))} ago" : "";
        string now = Running ? $", scrub at {Quantities.Bytes(VerifiedBytes)} of {Quantities.Bytes(TotalBytes)}" : "";
        return Damaged > 0 ? $"{last}{now}, {Quantities.Count(Damaged, "replica")} damaged" : last + now;
    }
}
