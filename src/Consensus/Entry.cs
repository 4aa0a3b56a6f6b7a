namespace DfsNet.Consensus;

/// <summary>What an entry is for.</summary>
public enum EntryKind : byte
{
    /// <summary>A command of the state machine; its body means nothing here.</summary>
    Command = 1,

    /// <summary>No content: a new leader's first entry, which commits what came before it.</summary>
    Empty = 2,

    /// <summary>The members from this entry on; its body is an encoded <see cref="Membership"/>.</summary>
    Membership = 3,
}

/// <summary>One entry of the log. The body is immutable, and is kept as long as a follower may need it.</summary>
public sealed record Entry(LogPoint Point, EntryKind Kind, ReadOnlyMemory<byte> Body);
