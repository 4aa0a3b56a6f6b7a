using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Bounds of one volume.</summary>
public sealed record VolumeOptions
{
    [Description("Bytes left free on a volume; 0 takes 2 % of its capacity, at most 1 GiB. Below it no chunk is created or copied here.")]
    [Range(0, long.MaxValue)]
    public long ReserveBytes { get; init; }

    // Replaying 64 MiB takes well under a second; a checkpoint every 64 MiB flushes each open file a few hundred times per GiB at most.
    [Description("Journal bytes after which a checkpoint is made; at most a sixteenth of the volume's capacity counts.")]
    [Range(64 * 1024, 1L << 40)]
    public long CheckpointBytes { get; init; } = 64L * 1024 * 1024;

    // A full append window of each of four busy chains.
    [Description("Bytes of appends that are not durable yet; more wait their turn.")]
    [Range(1024 * 1024, 1L << 32)]
    public int InFlightBytesMax { get; init; } = 64 * 1024 * 1024;

    // Each keeps a descriptor, and at most 4 KiB of block checksums.
    [Description("Chunks that may be open for appends at once.")]
    [Range(1, 1_000_000)]
    public int OpenChunksMax { get; init; } = 4_096;

    [Description("Descriptors kept open for reads.")]
    [Range(1, 1_000_000)]
    public int ReadFilesMax { get; init; } = 256;

    // 4 KiB each at most: 8 MiB.
    [Description("Checksum tables of sealed chunks kept in memory.")]
    [Range(1, 1_000_000)]
    public int ChecksumTablesMax { get; init; } = 2_048;

    // Enough to keep a disk's queue busy; each is one small read.
    [Description("Chunk headers read at the same time while a volume is opened.")]
    [Range(1, 1_024)]
    public int ScanParallelism { get; init; } = 16;
}
