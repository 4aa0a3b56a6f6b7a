using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>The chunk store of one data directory: everything it acknowledges survives power loss, everything it returns was verified.</summary>
public sealed class Volume : IAsyncDisposable
{
    public static Task<Volume> OpenAsync(
        IDisk disk, VolumeIdentity identity, VolumeOptions options, TimeProvider time, ILogger log, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public VolumeId Id => throw new NotSupportedException();

    /// <summary>Healthy, Full or Failed.</summary>
    public VolumeState State => throw new NotSupportedException();

    /// <summary>Measures the space; a full volume recovers here when there is space again.</summary>
    public ValueTask<VolumeStatus> MeasureAsync(CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Creates an empty replica durably; the only way to append to a chunk in its whole life. Refused below the reserve.</summary>
    public Task<ReplicaWriter> CreateAsync(ChunkId chunk, Generation generation, int capacity, CancellationToken cancellation) =>
        throw new NotSupportedException();

    /// <summary>Verified bytes: <paramref name="offset"/> on a block boundary, the end on one or at <paramref name="knownLength"/>; at most 1 MiB.</summary>
    public ValueTask<BulkBuffer> ReadAsync(ChunkId chunk, int offset, int length, int knownLength, CancellationToken cancellation) =>
        throw new NotSupportedException();

    /// <summary>Verified bytes from anywhere, at most one block long.</summary>
    public ValueTask<BulkBuffer> ReadSmallAsync(ChunkId chunk, int offset, int length, CancellationToken cancellation) =>
        throw new NotSupportedException();

    /// <summary>CRC32C of each block of [0, length); the last one covers what is left.</summary>
    public ValueTask<uint[]> GetChecksumsAsync(ChunkId chunk, int length, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Cuts, compares and seals; a replica that is shorter or differs becomes damaged (ChecksumMismatch). Repeating it is no error.</summary>
    public Task SealAsync(ChunkId chunk, Generation generation, int length, uint digest, CancellationToken cancellation) =>
        throw new NotSupportedException();

    /// <summary>Removes a replica, durably when the task ends. Repeating it is no error.</summary>
    public Task RemoveAsync(ChunkId chunk, Generation generation, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Begins a copy of a sealed chunk; invisible until completed.</summary>
    public Task<ReplicaImport> ImportAsync(
        ChunkId chunk, Generation generation, int length, uint digest, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Reads the whole replica against its checksums; false when it is damaged (and quarantined). Reported as a change either way.</summary>
    public Task<bool> VerifyAsync(ChunkId chunk, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Replicas with a greater id than <paramref name="after"/>, in order of id.</summary>
    public IReadOnlyList<ReplicaReport> Report(ChunkId after, int limit) => throw new NotSupportedException();

    /// <summary>The present state of replicas that changed since they were last taken (each once); empty when none did. Removed ones are not in it.</summary>
    public IReadOnlyList<ReplicaReport> TakeChanges(int limit) => throw new NotSupportedException();

    /// <summary>Returns when there may be changes to take.</summary>
    public Task WaitForChangesAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
