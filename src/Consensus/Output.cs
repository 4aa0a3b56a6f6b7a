namespace DfsNet.Consensus;

/// <summary>What a node is, as far as it knows.</summary>
public enum Role
{
    Follower,
    Candidate,
    Leader,
}

/// <summary>A node's place at one moment. The leader is <see cref="MemberId.None"/> while none is known.</summary>
public readonly record struct Standing(Role Role, ulong Term, MemberId Leader);

/// <summary>A read that may be answered from a state that has applied <see cref="Index"/>.</summary>
public readonly record struct ReadReady(ulong Id, ulong Index);

/// <summary>
/// What has to be done next, in this order: store <see cref="Ballot"/> and <see cref="Entries"/> and flush both; when they, and those of
/// every earlier output, are on stable storage, call <see cref="Raft.Stored"/> with <see cref="Ticket"/> and send
/// <see cref="Messages"/>. Independently of it, and at once: apply <see cref="Committed"/> in order and call <see cref="Raft.Applied"/>;
/// answer reads; send snapshots. An output is never empty.
/// </summary>
public sealed record Output
{
    /// <summary>
    /// Numbers the outputs that store something, from 1; 0 where there is nothing to store: its messages wait for earlier tickets only.
    /// </summary>
    public ulong Ticket { get; init; }

    public Ballot? Ballot { get; init; }

    /// <summary>To append. The first one supersedes whatever the log holds at its index and above.</summary>
    public IReadOnlyList<Entry> Entries { get; init; } = [];

    public IReadOnlyList<Message> Messages { get; init; } = [];

    /// <summary>Committed and on this node's own stable storage, in order, without gaps.</summary>
    public IReadOnlyList<Entry> Committed { get; init; } = [];

    public IReadOnlyList<ReadReady> Reads { get; init; } = [];

    /// <summary>Reads that this node cannot answer any more: it does not lead.</summary>
    public IReadOnlyList<ulong> LostReads { get; init; } = [];

    /// <summary>Set when the standing changed.</summary>
    public Standing? Standing { get; init; }

    /// <summary>
    /// Members whose next entry is not kept any more. The caller sends each a snapshot that the kept entries follow on, and says how that
    /// ended by <see cref="Raft.SnapshotEnded"/>; a member that is named again while one is sent still needs it.
    /// </summary>
    public IReadOnlyList<SnapshotWanted> SnapshotsWanted { get; init; } = [];

    internal bool IsEmpty => Ticket == 0 && Messages.Count == 0 && Committed.Count == 0 && Reads.Count == 0 && LostReads.Count == 0
        && Standing is null && SnapshotsWanted.Count == 0;
}
