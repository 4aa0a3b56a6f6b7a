using DfsNet.Protocol.Bulk;

namespace DfsNet.Client.Data;

/// <summary>
/// Bytes handed to a chunk writer. The result is where they lie, or null when the chain ended before they were acknowledged.
/// </summary>
internal sealed class AppendRequest(BulkBuffer payload, Extent extent)
{
    private readonly TaskCompletionSource<Extent?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BulkBuffer Payload => payload;

    public Extent Extent => extent;

    public Task<Extent?> Done => _done.Task;

    public void Acknowledged()
    {
        payload.Dispose();
        _done.SetResult(extent);
    }

    public void Failed()
    {
        payload.Dispose();
        extent.Chunk.DropUncommitted(1);
        _done.SetResult(null);
    }
}

/// <summary>A frame on its way: what its acknowledgement must say, and whose bytes it carries.</summary>
internal sealed record SentFrame(int EndOffset, uint Digest, IReadOnlyList<AppendRequest> Requests, bool Packed);
