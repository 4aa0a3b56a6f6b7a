using DfsNet.ChunkServer;
using DfsNet.MetaServer;

namespace DfsNet.Hosting;

/// <summary>Size and place of an <see cref="EmbeddedCluster"/>.</summary>
public sealed record EmbeddedClusterOptions
{
    /// <summary>Directory below which every server has its own.</summary>
    public required string Data { get; init; }

    /// <summary>Where the metadata server listens, the first of several; chunk servers take free ports.</summary>
    public string Listen { get; init; } = "127.0.0.1:0";

    /// <summary>1, 3 or 5.</summary>
    public int MetaServers { get; init; } = 1;

    /// <summary>Where several metadata servers listen; empty: behind the first one, or on free ports. Fixed once there are data.</summary>
    public IReadOnlyList<string> MetaAddresses { get; init; } = [];

    public int ChunkServers { get; init; } = 3;

    /// <summary>Replicas of new chunks; fixed when the data directory is new.</summary>
    public int Replication { get; init; } = 3;

    /// <summary>Everything else about the metadata server; null for the defaults.</summary>
    public MetaServerOptions? MetaServer { get; init; }

    /// <summary>Everything else about the chunk servers; null for the defaults.</summary>
    public ChunkServerOptions? ChunkServer { get; init; }
}
