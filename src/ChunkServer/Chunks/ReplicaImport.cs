namespace DfsNet.ChunkServer.Chunks;

/// <summary>A copy of a sealed chunk on its way in: invisible, and gone after a crash or when disposed, until completed.</summary>
public sealed class ReplicaImport : IAsyncDisposable
{
    /// <summary>Bytes written so far; the offset of the next write.</summary>
    public int Written => throw new NotSupportedException();

    /// <summary>Writes the next bytes; the memory is free again when the task ends.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Compares length and digest, makes header and data durable, and then shows the replica. Throws ChecksumMismatch.</summary>
    public Task CompleteAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
