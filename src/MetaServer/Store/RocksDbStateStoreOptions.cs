using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace DfsNet.MetaServer.Store;

/// <summary>How much memory and how many descriptors the state store may take; may differ between nodes.</summary>
public sealed record RocksDbStateStoreOptions
{
    // Two: one takes writes while the other is flushed.
    internal const int WriteBuffers = 2;

    // About 1 % of look-ups of absent keys (every creation makes some) read a block for nothing.
    internal const int BloomBitsPerKey = 10;

    // RocksDB's own log for people; without limits it grows for ever.
    internal const ulong InfoLogBytes = 8 * 1024 * 1024;
    internal const ulong InfoLogFiles = 4;

    [Description("Memory for changes that are not in files yet")]
    [Range(4L << 20, 4L << 30)]
    public long WriteBufferBytes { get; init; } = 64L << 20;

    [Description("Memory for blocks of files, with their indexes and filters")]
    [Range(4L << 20, 64L << 30)]
    public long BlockCacheBytes { get; init; } = 64L << 20;

    [Description("Files of the store held open")]
    [Range(32, 100_000)]
    public int OpenFilesMax { get; init; } = 256;
}
