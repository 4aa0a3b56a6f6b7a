namespace DfsNet.Storage.Journals;

/// <summary>A batch at the end of a log that no later batch calls flushed; it is written again into the next segment.</summary>
internal sealed record UnprovenBatch(long Offset, BatchHeader Header, byte[] Body);

/// <summary>A segment that is part of the log.</summary>
internal readonly record struct KnownSegment(ulong Number, long FirstPosition);

/// <summary>What a scan learned: where the log ends and how to go on behind it.</summary>
internal sealed record ScannedLog
{
    /// <summary>Oldest first; empty for a new log.</summary>
    public required IReadOnlyList<KnownSegment> Segments { get; init; }

    /// <summary>The last segment's file; empty for a new log.</summary>
    public required string LastPath { get; init; }

    /// <summary>The end of the last segment's batches, the unproven ones included.</summary>
    public required long End { get; init; }

    public required ulong NextBatch { get; init; }

    public required long NextPosition { get; init; }

    public required ulong Trimmed { get; init; }

    public required IReadOnlyList<UnprovenBatch> Unproven { get; init; }

    /// <summary>Bytes of an incomplete tail that are ignored from now on.</summary>
    public required long BytesCut { get; init; }
}
