namespace DfsNet.Consensus;

/// <summary>What a node found on its disk, or nothing of it for a node that joins: then it waits to be spoken to.</summary>
public sealed record Restored
{
    public static readonly Restored Nothing = new() { Membership = Membership.Empty };

    public Ballot Ballot { get; init; }

    /// <summary>The entry before the first of <see cref="Entries"/>; everything up to it is applied.</summary>
    public LogPoint Base { get; init; }

    /// <summary>The members as of <see cref="Base"/>.</summary>
    public required Membership Membership { get; init; }

    /// <summary>What the state machine has applied, hence committed: from <see cref="Base"/> to the last entry.</summary>
    public ulong AppliedIndex { get; init; }

    /// <summary>The entries behind <see cref="Base"/>, without gaps, all on stable storage.</summary>
    public IReadOnlyList<Entry> Entries { get; init; } = [];

    /// <summary>
    /// A part of the log was damaged and is missing: what this node acknowledged may be lost here. It takes entries, but neither votes nor
    /// campaigns until an entry of a term in which it was spoken to since is committed and on its disk.
    /// </summary>
    public bool IsImpaired { get; init; }
}
