using System.Globalization;
using DfsNet.Client;

namespace DfsNet.Cli.Output;

/// <summary>Where the bytes of a file lie, as locate tells it.</summary>
internal sealed record LayoutFacts(
    string Path, long Length, int Replication, IReadOnlyList<SliceFacts> Slices, IReadOnlyList<ChunkFacts> Chunks)
{
    public static LayoutFacts Of(DfsFileLayout layout) => new(
        layout.File.Path,
        layout.File.Length,
        layout.File.Replication,
        [.. layout.Slices.Select(slice => new SliceFacts(slice.FileOffset, slice.Length, Hex(slice.ChunkId), slice.ChunkOffset))],
        [.. layout.Chunks.Select(ChunkOf)]);

    private static ChunkFacts ChunkOf(DfsChunk chunk) => new(
        Hex(chunk.ChunkId),
        chunk.Sealed,
        chunk.Length,
        chunk.Digest.ToString("x8", CultureInfo.InvariantCulture),
        chunk.Replication,
        [.. chunk.Replicas.Select(replica => new ReplicaFacts(
            replica.ServerId, replica.Address, replica.Domain, replica.VolumeId.ToString("x16", CultureInfo.InvariantCulture),
            replica.Healthy))]);

    private static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);
}

/// <summary>A range of the file and the chunk range that holds it.</summary>
internal sealed record SliceFacts(long Offset, long Length, string Chunk, long ChunkOffset);

/// <summary>A chunk and its replicas.</summary>
internal sealed record ChunkFacts(
    string Chunk, bool Sealed, long Length, string Digest, int Replication, IReadOnlyList<ReplicaFacts> Replicas);

/// <summary>A replica of a chunk.</summary>
internal sealed record ReplicaFacts(ulong Server, string Address, string Domain, string Volume, bool Healthy);
