namespace DfsNet.ChunkServer.Services;

/// <summary>When the server stops, appends end at once (their writers go elsewhere); reads may finish for a while.</summary>
internal sealed record StopTokens(CancellationToken Appends, CancellationToken Reads);
