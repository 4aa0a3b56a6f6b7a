using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer;

/// <summary>Everything that can be set about a metadata server; defaults here, checked once at start.</summary>
public sealed record MetaServerOptions
{
    // More would slow every write and bear no loss that five do not bear.
    private const int PeersMax = 5;

    // ---- of this node: may differ between nodes and between starts ----

    [Description("Directory of this node's log and store.")]
    [Required]
    public required string Data { get; init; }

    [Description("host:port to listen on.")]
    [Required]
    public string Listen { get; init; } = "127.0.0.1:7700";

    [Description("host:port at which clients and other servers reach this one; empty: the address it listens on.")]
    public string Advertise { get; init; } = "";

    [Description("Founders of the cluster, host:port each, this server among them and the same list on each; empty: a cluster of one. "
        + "Used when the data directory is new.")]
    public IReadOnlyList<string> Peers { get; init; } = [];

    [Description("The data directory is new and joins a cluster that exists; say so there with 'dfs admin meta add'.")]
    public bool Join { get; init; }

    // A leader that dies is missed after one to two of these; a pause of half a second (a collection, a busy disk) ends no leadership.
    [Description("Silence of the leader after which another metadata server stands for election.")]
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromMilliseconds(800);

    [Description("Newest log bytes kept for metadata servers that lag; one that lags further gets a snapshot.")]
    [Range(typeof(long), "1024", "4294967296")]
    public long LagBytesMax { get; init; } = 32L * 1024 * 1024;

    [Description("How often chunk servers report.")]
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:10")]
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    [Description("Silence after which a chunk server is suspect: no new chunks, reads prefer others.")]
    [Range(typeof(TimeSpan), "00:00:00.200", "00:01:00")]
    public TimeSpan SuspectAfter { get; init; } = TimeSpan.FromSeconds(3);

    [Description("Silence after which a chunk server is dead: owners are asked to seal what they have open there.")]
    [Range(typeof(TimeSpan), "00:00:00.500", "00:10:00")]
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(10);

    [Description("How long a chunk server must have been dead before its replicas are made anew elsewhere.")]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan RepairGrace { get; init; } = TimeSpan.FromSeconds(30);

    // Two keep a disk and a link busy; each holds a slot of the server's own limit.
    [Description("Copies that one chunk server sends, and that it receives, at the same time.")]
    [Range(1, 100)]
    public int CopiesPerServer { get; init; } = 2;

    // A tenth of a gigabit link, and less than half of what one hard disk reads: users hardly notice.
    [Description("Bytes a second that one chunk server sends, and receives, for balance; 0: no bound.")]
    [Range(typeof(long), "0", "1099511627776")]
    public long BalanceRate { get; init; } = 32L * 1024 * 1024;

    [Description("When a fifth of the chunk servers or several fault domains die within this time, only last copies are repaired, "
        + "and for as long.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MassFailureWindow { get; init; } = TimeSpan.FromMinutes(10);

    [Description("Silence after which a client's session is ended and its open chunks are sealed.")]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(30);

    [Description("How often clients say that they live.")]
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(3);

    [Description("How long a client may use a layout it was given.")]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LayoutTrust { get; init; } = TimeSpan.FromMinutes(5);

    [Description("How long a chunk must have been neither owned nor referenced before it is removed; longer than a layout is trusted.")]
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan RemovalGrace { get; init; } = TimeSpan.FromMinutes(10);

    [Description("How long an unlinked file that nobody holds is kept.")]
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromMinutes(1);

    [Description("Longest time a call may take; callers may ask for less.")]
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan CallTimeMax { get; init; } = TimeSpan.FromSeconds(10);

    [Description("Commands that may wait for the log; more are refused as overload.")]
    [Range(16, 1_000_000)]
    public int CommandQueueMax { get; init; } = 4_096;

    [Description("Log bytes after which the store is flushed and the log is cut.")]
    [Range(typeof(long), "65536", "17179869184")]
    public long FlushLogBytes { get; init; } = 64L * 1024 * 1024;

    [Description("Longest time between two flushes of the store while there are changes.")]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromMinutes(5);

    [Description("Free bytes of the data directory below which only commands that free space are taken.")]
    [Range(typeof(long), "0", "1099511627776")]
    public long SpaceReserveBytes { get; init; } = 256L * 1024 * 1024;

    [Description("How often the metadata is backed up into /.dfs/backups of the file system itself; 0s: never.")]
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan BackupInterval { get; init; } = TimeSpan.FromHours(1);

    [Description("Newest backups that are kept there.")]
    [Range(1, 1_000)]
    public int BackupsKept { get; init; } = 8;

    // ---- of the cluster: used when it is created, fixed afterwards ----

    [Description("Replicas of a chunk, unless a directory says otherwise; fixed when the cluster is created, with 3 if nothing is said")]
    [Range(1, 10)]
    public int? Replication { get; init; }

    [Description("Fewest replicas a new chunk may begin with; fixed when the cluster is created, with 2 if nothing is said")]
    [Range(1, 10)]
    public int? MinReplicas { get; init; }

    [Description(
        "Largest size of a chunk in bytes, a multiple of 65536; fixed when the cluster is created, with 67108864 if nothing is said")]
    [Range(Limits.BlockSize, Limits.ChunkSizeMax)]
    public int? ChunkSize { get; init; }

    /// <summary>Throws a <see cref="DfsException"/> that names every problem at once.</summary>
    public void Validate()
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        var problems = results.Select(result => result.ErrorMessage ?? "invalid").ToList();
        int replication = Replication ?? FixedOptions.ReplicationDefault;
        if (MinReplicas > replication && replication > 1)
        {
            problems.Add($"--min-replicas {MinReplicas} is more than --replication {replication}.");
        }

        if (ChunkSize is { } size && size % Limits.BlockSize != 0)
        {
            problems.Add($"--chunk-size {ChunkSize} is no multiple of {Limits.BlockSize}.");
        }

        if (DeadAfter <= SuspectAfter)
        {
            problems.Add("--dead-after must be longer than --suspect-after.");
        }

        if (SuspectAfter <= HeartbeatInterval)
        {
            problems.Add("--suspect-after must be longer than --heartbeat-interval.");
        }

        if (Peers.Count is 2 or > PeersMax || Peers.Distinct().Count() != Peers.Count || Peers.Any(peer => !peer.Contains(':')))
        {
            problems.Add($"{nameof(Peers)} must be 1, 3 or 5 different addresses host:port: two founders bear no loss.");
        }

        if (Join && Peers.Count > 0)
        {
            problems.Add($"{nameof(Join)} and {nameof(Peers)} exclude each other: a founder does not join.");
        }

        if (SessionTimeout <= KeepAliveInterval)
        {
            problems.Add("--session-timeout must be longer than --keep-alive-interval.");
        }

        if (problems.Count > 0)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "meta-server: options", string.Join(" ", problems));
        }
    }
}
