using DfsNet.Protocol.Wire;

namespace DfsNet.Protocol.Bulk;

/// <summary>A message of an append stream: the opening (no payload) or a frame. The receiver disposes it.</summary>
public sealed class AppendMessage(AppendHeader header, BulkBuffer? payload) : IDisposable
{
    public AppendHeader Header { get; } = header;

    public BulkBuffer? Payload { get; } = payload;

    public void Dispose() => Payload?.Dispose();
}

/// <summary>A piece of a chunk's bytes on their way to a reader. The receiver disposes it.</summary>
public sealed class ReadFrame(ReadHeader header, BulkBuffer payload) : IDisposable
{
    public ReadHeader Header { get; } = header;

    public BulkBuffer Payload { get; } = payload;

    public void Dispose() => Payload.Dispose();
}
