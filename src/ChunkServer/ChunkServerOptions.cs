using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer;

/// <summary>What an operator may set on a chunk server. All of it may differ between the nodes of a cluster.</summary>
public sealed record ChunkServerOptions
{
    /// <summary>More metadata nodes than a cluster may have, so that a change of the set fits.</summary>
    private const int MetaServersMax = 9;

    [Description("Metadata servers, host:port each; every one hears the heartbeats")]
    public required IReadOnlyList<string> MetaServers { get; init; }

    [Description("Fault domain (rack, zone or host) that replicas are spread over; empty: the advertised host")]
    [MaxLength(255)]
    public string Domain { get; init; } = "";

    [Description("An empty data directory beside known ones is meant as a new volume")]
    public bool NewVolume { get; init; }

    // A sixth of the three seconds after which silence makes a server suspect: several heartbeats may be lost before.
    [Description("Time between two heartbeats")]
    [Range(typeof(TimeSpan), "00:00:00.020", "00:00:10")]
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    [Description("Longest wait for the answer to a registration or a page of a report; a heartbeat waits two intervals at most")]
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan MetaCallTimeout { get; init; } = TimeSpan.FromSeconds(3);

    [Description("Longest pause between two attempts to register")]
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan RegisterPauseMax { get; init; } = TimeSpan.FromSeconds(2);

    // A flush of a loaded disk takes tens of milliseconds; two seconds without any progress is a
    // fault, and costs the writer no more than that.
    [Description("An append chain without progress for this long, while something is unacknowledged, is over")]
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan ChainSilenceMax { get; init; } = TimeSpan.FromSeconds(2);

    // A writer's owner seals after 60 s of idleness; a stream idle for longer has lost its writer.
    [Description("An append stream on which nothing is sent for this long is over")]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ChainIdleMax { get; init; } = TimeSpan.FromMinutes(3);

    // Each may hold a window of 16 MiB when its disk or its next hop hangs, so this also bounds memory.
    [Description("Append streams at the same time; more are refused as OVERLOADED")]
    [Range(1, 10_000)]
    public int AppendsMax { get; init; } = 256;

    // Each holds two frames of 1 MiB.
    [Description("Reads at the same time; more are refused as OVERLOADED")]
    [Range(1, 10_000)]
    public int ReadsMax { get; init; } = 256;

    // Copies compete with foreground traffic; four keep a disk busy.
    [Description("Copies from other servers at the same time; more are refused as OVERLOADED")]
    [Range(1, 100)]
    public int CopiesMax { get; init; } = 4;

    // A latent sector error or a rotten block is found before the other replicas are likely to fail.
    [Description("Time within which every replica is read again and compared with its checksums")]
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan ScrubPeriod { get; init; } = TimeSpan.FromDays(7);

    [Description("Orders of the metadata server that are carried out at the same time")]
    [Range(1, 100)]
    public int OrdersAtOnceMax { get; init; } = 8;

    [Description("Bytes of each volume that stay free; 0 takes 2 % of its capacity, at most 1 GiB. Below it no new chunk is taken")]
    [Range(0L, long.MaxValue)]
    public long ReserveBytes { get; init; }

    [Description("Longest wait for running streams at a graceful stop")]
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Checks every value; the error names all that are wrong.</summary>
    public void Validate()
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        var problems = results.Select(result => result.ErrorMessage ?? string.Join(", ", result.MemberNames)).ToList();
        if (MetaServers.Count is 0 or > MetaServersMax)
        {
            problems.Add($"MetaServers: {MetaServers.Count} addresses given, 1 to {MetaServersMax} are possible");
        }

        foreach (string address in MetaServers)
        {
            int colon = address.LastIndexOf(':');
            if (colon <= 0 || !ushort.TryParse(address.AsSpan(colon + 1), out ushort port) || port == 0)
            {
                problems.Add($"MetaServers: \"{address}\" is not host:port");
            }
        }

        if (problems.Count != 0)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "chunk server: options", string.Join("; ", problems));
        }
    }
}
