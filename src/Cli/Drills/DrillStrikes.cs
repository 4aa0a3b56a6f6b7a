using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Drills;

/// <summary>Strikes servers, and reads from one that is meant, as no client would.</summary>
internal sealed class DrillStrikes(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(3);

    private readonly GrpcConnections _connections = new();

    /// <summary>Which life of the server answers; null where drills are not allowed.</summary>
    /// <exception cref="DfsException">It does not answer.</exception>
    public async Task<ulong?> AskAsync(string address, CancellationToken cancellation)
    {
        try
        {
            return await StrikeAsync(address, new StrikeRequest(), cancellation).ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code == ErrorCode.Unsupported)
        {
            return null;
        }
    }

    /// <summary>Lets a fault happen; returns which life of the server it happens to.</summary>
    public async Task<ulong> StrikeAsync(string address, StrikeRequest request, CancellationToken cancellation)
    {
        var reply = await BoundedCall.RunAsync(
            "strike",
            address,
            CallTime,
            time,
            options => new Drill.DrillClient(_connections.Control(address)).StrikeAsync(request, options),
            cancellation).ConfigureAwait(false);
        return reply.Life;
    }

    /// <summary>The first block of a chunk as this server has it; null when it refuses to serve it.</summary>
    public async Task<byte[]?> ReadFirstBlockAsync(string address, ulong chunk, long length, CancellationToken cancellation)
    {
        var request = new ReadRequest
        {
            ChunkId = chunk,
            Length = (uint)Math.Min(length, Limits.BlockSize),
            KnownLength = (uint)length,
        };
        using var late = new CancellationTokenSource(CallTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        var bytes = new List<byte>();
        try
        {
            await foreach (var frame in new GrpcBulkTransport(_connections).ReadAsync(address, request, either.Token).ConfigureAwait(false))
            {
                using (frame)
                {
                    bytes.AddRange(frame.Payload.Memory.Span);
                }
            }
        }
        catch (Exception error) when (error is DfsException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return null;
        }

        return [.. bytes];
    }

    public void Dispose() => _connections.Dispose();
}
