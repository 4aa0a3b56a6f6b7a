using System.Globalization;
using DfsNet.ChunkServer;
using DfsNet.Client;
using DfsNet.MetaServer;

namespace DfsNet.Simulation.Running;

/// <summary>What a run's cluster looks like, all of it drawn from the seed.</summary>
internal sealed record Shape
{
    private const int KiB = 1024;

    public required int ChunkServers { get; init; }

    public required int DisksPerServer { get; init; }

    /// <summary>Fault domains; server i is in domain i modulo this.</summary>
    public required int Domains { get; init; }

    public required int Clients { get; init; }

    /// <summary>How many metadata servers there are.</summary>
    public int MetaServers { get; private init; } = 1;

    /// <summary>Whether the metadata is backed up into the file system.</summary>
    public bool HasBackups { get; private init; }

    public required MetaServerOptions MetaOptions { get; init; }

    /// <summary>Of every chunk server, but for its domain.</summary>
    public required ChunkServerOptions ChunkOptions { get; init; }

    public required DfsClientOptions ClientOptions { get; init; }

    /// <summary>How long faults and operations go on.</summary>
    public required TimeSpan SafetyPhase { get; init; }

    /// <summary>Within this time after healing everything must be in order again.</summary>
    public required TimeSpan LivenessLimit { get; init; }

    /// <summary>Whether time-outs are those of the product's defaults.</summary>
    public required bool HasDefaultTimeouts { get; init; }

    /// <summary>What is unusual about this one; see <see cref="Oddities"/>.</summary>
    public string Oddity { get; init; } = "nothing";

    /// <summary>Something is so scarce that calls may be refused although nothing is broken.</summary>
    public bool IsScarce { get; init; }

    /// <summary>Size of each disk of the chunk servers until everything is healed; null: no disk is ever full by itself.</summary>
    public long? ChunkDiskBytes { get; init; }

    /// <summary>The same of the metadata disk.</summary>
    public long? MetaDiskBytes { get; init; }

    /// <summary>Draws a shape; the same random numbers give the same shape.</summary>
    public static Shape Draw(Random random, bool defaultTimeouts)
    {
        int replication = random.Next(10) switch { 0 => 1, 1 or 2 => 2, _ => 3 };
        var meta = new MetaServerOptions
        {
            Data = "simulated",
            Replication = replication,
            MinReplicas = random.Next(1, Math.Min(replication, 2) + 1),
            ChunkSize = 64 * KiB * Choose(random, 1, 2, 4, 16),
            FlushLogBytes = 64 * KiB * Choose(random, 1, 4, 1024),
            SpaceReserveBytes = 64 * KiB,
        };
        var shape = new Shape
        {
            ChunkServers = 5,
            DisksPerServer = random.Next(3) == 0 ? 2 : 1,
            Domains = random.Next(3) == 0 ? 3 : 5,
            Clients = 4,
            MetaOptions = meta,
            ChunkOptions = new ChunkServerOptions { MetaServers = ["meta:7700"], ReserveBytes = 64 * KiB },
            ClientOptions = new DfsClientOptions
            {
                MetadataAddresses = ["meta:7700"],
                OpenChunksMax = Choose(random, 1, 2, 16),
                HostName = random.Next(4) == 0 ? "server1" : "",
            },
            SafetyPhase = TimeSpan.FromSeconds(defaultTimeouts ? 60 : 10),
            LivenessLimit = TimeSpan.FromSeconds(defaultTimeouts ? 900 : 60),
            HasDefaultTimeouts = defaultTimeouts,
        };
        return defaultTimeouts ? shape : WithLongTrust(WithShortTimeouts(shape, random));
    }

    /// <summary>The same with so many metadata servers.</summary>
    public Shape WithMetaServers(int count, Random random)
    {
        if (count == 1)
        {
            return this;
        }

        IReadOnlyList<string> addresses = [.. Enumerable.Range(1, count).Select(i => $"meta{i}:7700")];
        return this with
        {
            MetaServers = count,
            MetaOptions = MetaOptions with
            {
                Peers = addresses,
                ElectionTimeout = HasDefaultTimeouts ? MetaOptions.ElectionTimeout : TimeSpan.FromMilliseconds(400),
                LagBytesMax = Choose(random, 1, 2, 32 * KiB) * KiB,
            },
            ChunkOptions = ChunkOptions with { MetaServers = addresses },
            ClientOptions = ClientOptions with
            {
                MetadataAddresses = addresses,
                AttemptTimeout = HasDefaultTimeouts
                    ? ClientOptions.AttemptTimeout
                    : TimeSpan.FromMilliseconds(Choose(random, 200, (int)ClientOptions.AttemptTimeout.TotalMilliseconds)),
            },
        };
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"metadata servers {MetaServers}, servers {ChunkServers} x {DisksPerServer} disks in {Domains} domains, clients {Clients}, "
        + $"replication {MetaOptions.Replication} "
        + $"(min {MetaOptions.MinReplicas}), chunk {MetaOptions.ChunkSize / KiB} KiB, log cut at {MetaOptions.FlushLogBytes / KiB} KiB, "
        + $"open chunks {ClientOptions.OpenChunksMax}, session {MetaOptions.SessionTimeout.TotalSeconds} s, "
        + $"{(HasDefaultTimeouts ? "default" : "short")} time-outs, "
        + $"{(HasBackups ? $"backups every {MetaOptions.BackupInterval.TotalSeconds} s, " : "")}odd: {Oddity}");

    /// <summary>The same with backups of the metadata every few seconds.</summary>
    public Shape WithBackups(Random random) => this with
    {
        MetaOptions = MetaOptions with { BackupInterval = TimeSpan.FromSeconds(Choose(random, 1, 2, 4)), BackupsKept = 2 },
        HasBackups = true,
    };

    private static Shape WithShortTimeouts(Shape shape, Random random) => shape with
    {
        MetaOptions = shape.MetaOptions with
        {
            HeartbeatInterval = TimeSpan.FromMilliseconds(200),
            SuspectAfter = TimeSpan.FromMilliseconds(600),
            DeadAfter = TimeSpan.FromMilliseconds(1_500),
            SessionTimeout = TimeSpan.FromMilliseconds(Choose(random, 2_000, 3_000, 5_000)),
            KeepAliveInterval = TimeSpan.FromMilliseconds(500),
            LayoutTrust = TimeSpan.FromMilliseconds(1_000),

            RemovalGrace = TimeSpan.FromMilliseconds(Choose(random, 100, 1_500, 3_000)),
            OrphanGrace = TimeSpan.FromMilliseconds(500),
            RepairGrace = TimeSpan.FromMilliseconds(Choose(random, 0, 500, 2_000)),
            MassFailureWindow = TimeSpan.FromSeconds(Choose(random, 1, 5)),
            CallTimeMax = TimeSpan.FromSeconds(3),
            FlushInterval = TimeSpan.FromSeconds(Choose(random, 1, 5, 60)),
        },
        ChunkOptions = shape.ChunkOptions with
        {
            HeartbeatInterval = TimeSpan.FromMilliseconds(200),
            MetaCallTimeout = TimeSpan.FromMilliseconds(800),
            RegisterPauseMax = TimeSpan.FromMilliseconds(500),
            ChainSilenceMax = TimeSpan.FromMilliseconds(400),
            ChainIdleMax = TimeSpan.FromSeconds(5),
            StopTimeout = TimeSpan.FromSeconds(1),
            ScrubPeriod = TimeSpan.FromSeconds(8),
        },
        ClientOptions = shape.ClientOptions with
        {
            CallTimeout = TimeSpan.FromSeconds(5),
            ConnectTimeout = TimeSpan.FromSeconds(2),
            AttemptTimeout = TimeSpan.FromMilliseconds(700),
            ChainSilence = TimeSpan.FromMilliseconds(700),
            ReadSilence = TimeSpan.FromMilliseconds(100),
            ChunkIdle = TimeSpan.FromSeconds(Choose(random, 1, 60)),
            FailedServerMemory = TimeSpan.FromSeconds(2),
            LayoutTrust = TimeSpan.FromMilliseconds(Choose(random, 0, 200, 1_000)),
        },
    };

    /// <summary>
    /// Where chunks go sooner than layouts are fetched again, readers find them gone, and have to fetch their layout at once.
    /// </summary>
    private static Shape WithLongTrust(Shape shape)
    {
        var trust = TimeSpan.FromSeconds(8);
        return shape.MetaOptions.RemovalGrace > trust / 8
            ? shape
            : shape with
            {
                MetaOptions = shape.MetaOptions with { LayoutTrust = trust },
                ClientOptions = shape.ClientOptions with { LayoutTrust = trust },
            };
    }

    private static int Choose(Random random, params ReadOnlySpan<int> values) => values[random.Next(values.Length)];
}
