using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>The one append stream of an open replica. Calls come from one caller at a time; many appends may be under way.</summary>
public sealed class ReplicaWriter
{
    public ChunkId Chunk => throw new NotSupportedException();

    /// <summary>What is durable here: the length and its digest.</summary>
    public (int Length, uint Digest) Appended => throw new NotSupportedException();

    /// <summary>
    /// Completes when the payload is durable, with the replica's length and digest at its end. The order of calls is the order of bytes.
    /// The payload is retained for as long as it is needed; the caller disposes its own reference any time after the call.
    /// Offset and pieces are checked before the call returns. Throws ChecksumMismatch, InvalidArgument (offset, size), OutOfSpace, VolumeFailed or
    /// ChunkSealed (closed); after any failure the writer is closed.
    /// </summary>
    public Task<(int Length, uint Digest)> AppendAsync(
        int offset, BulkBuffer payload, IReadOnlyList<uint> pieceCrcs, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>No append follows; those under way end in their own time. Repeating it is no error.</summary>
    public void Close() => throw new NotSupportedException();
}
