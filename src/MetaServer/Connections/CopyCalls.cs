using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Connections;

/// <summary>Asks chunk servers to copy a chunk from each other; the answer comes when the copy is proven and durable.</summary>
internal sealed class CopyCalls(IConnections connections, TimeProvider time)
{
    // A paced copy between two loaded servers moves more than this; one that is slower is given up and made elsewhere.
    private const int SlowestBytesPerSecond = 512 * 1024;

    private static readonly TimeSpan PatienceMin = TimeSpan.FromSeconds(60);

    /// <exception cref="DfsException">What the server answered, Unavailable, or TimedOut.</exception>
    public Task<CopyFromReply> CopyAsync(string address, CopyFromRequest request, CancellationToken cancellation)
    {
        var patience = PatienceMin + TimeSpan.FromSeconds(request.Length / (double)SlowestBytesPerSecond);
        return BoundedCall.RunAsync(
            "copy a chunk",
            address,
            patience,
            time,
            options => new Chunk.ChunkClient(connections.Control(address)).CopyFromAsync(request, options),
            cancellation);
    }
}
