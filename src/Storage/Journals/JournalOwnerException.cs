namespace DfsNet.Storage.Journals;

/// <summary>The journal in this directory belongs to somebody else.</summary>
public sealed class JournalOwnerException(string segment, ulong expected, ulong found)
    : Exception($"journal segment {segment} belongs to owner {found:x16}, not to {expected:x16}")
{
    public ulong Expected { get; } = expected;

    public ulong Found { get; } = found;
}
