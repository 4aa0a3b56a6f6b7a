namespace DfsNet.ChunkServer.Cluster;

/// <summary>Streams and reads that run at this moment, as the heartbeat tells them.</summary>
internal sealed record ServerLoad(Func<int> Appends, Func<int> Reads);
