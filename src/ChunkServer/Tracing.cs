using System.Diagnostics;

namespace DfsNet.ChunkServer;

/// <summary>Spans of what is done with the disk, below those that .NET makes of calls. Nothing is made while nobody listens.</summary>
internal static class Tracing
{
    public static readonly ActivitySource Source = new("DfsNet.ChunkServer");
}
