using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace DfsNet.Storage.Journals;

/// <summary>How a journal lays out its segments and gathers its batches.</summary>
public sealed record JournalOptions
{
    [Description("Size of a segment, allocated ahead so that a full disk shows before anything is half-written.")]
    [Range(64 * 1024, 1L << 40)]
    public long SegmentBytes { get; init; } = 64L * 1024 * 1024;

    // At 2 GiB/s a batch of this size takes 2 ms to flush: long enough to amortise the flush, short enough not to be felt.
    [Description("Most bytes written between two flushes; a single larger record still goes through.")]
    [Range(4096, JournalFormat.BatchBytesMax)]
    public int BatchBytesMax { get; init; } = 4 * 1024 * 1024;

    [Description("After this long without records an empty batch is flushed: damage to the last batch can then be told from a torn tail.")]
    public TimeSpan QuietFlush { get; init; } = TimeSpan.FromMilliseconds(50);

    // Four full append windows of 16 MiB. Callers bound themselves; this is the wall behind them.
    [Description("Most bytes waiting to be written; an append beyond is refused.")]
    [Range(4096, 1L << 40)]
    public long QueueBytesMax { get; init; } = 64L * 1024 * 1024;

    [Description("Stored in every header; a journal of another owner is refused.")]
    public ulong OwnerId { get; init; }

    [Description("The journal was created earlier: an empty directory is damage, not a new journal.")]
    public bool MustExist { get; init; }

    [Description("A disk too full to make the newest batches durable again does not keep the log from opening: they are handed over "
        + "though a power cut may still take them. Only for an owner who does nothing by them that the next start could not find undone.")]
    public bool UnprovenMayWait { get; init; }
}
