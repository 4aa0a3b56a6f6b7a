using DfsNet.Client.Metadata;

namespace DfsNet.Client.Data;

/// <summary>A session and its open chunks: they live and end together.</summary>
internal sealed record WriteSession(Session Session, ChunkPool Pool);
