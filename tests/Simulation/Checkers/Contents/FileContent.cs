namespace DfsNet.Simulation.Checkers.Contents;

/// <summary>
/// The content of a file that is only stored as a whole and truncated: the first bytes of one pattern, then zeros.
/// </summary>
/// <param name="Pattern">What was stored; 0 when nothing of it is left.</param>
/// <param name="Kept">How many bytes of it no truncation has cut.</param>
/// <param name="Length">Length of the file.</param>
internal readonly record struct FileContent(int Pattern, long Kept, long Length)
{
    public static FileContent Stored(int pattern, long length) => new(length == 0 ? 0 : pattern, length, length);

    public FileContent Truncate(long length)
    {
        long kept = Math.Min(Kept, length);
        return new FileContent(kept == 0 ? 0 : Pattern, kept, length);
    }

    public override string ToString() => Kept == Length ? $"#{Pattern}, {Length} bytes" : $"#{Pattern} up to {Kept}, {Length} bytes";
}
