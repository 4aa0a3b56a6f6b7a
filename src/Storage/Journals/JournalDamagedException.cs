namespace DfsNet.Storage.Journals;

/// <summary>Flushed bytes of a journal are gone or changed. This is no incomplete tail: the node stops, or repairs from peers.</summary>
public sealed class JournalDamagedException(string segment, long offset, string what)
    : Exception($"journal segment {segment} is damaged at byte {offset}: {what}")
{
    /// <summary>The path of the segment, or the directory where a segment is missing.</summary>
    public string Segment { get; } = segment;

    /// <summary>Byte offset inside the segment.</summary>
    public long Offset { get; } = offset;
}
