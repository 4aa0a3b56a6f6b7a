using DfsNet.Consensus;

namespace DfsNet.MetaServer.Replication;

/// <summary>What a <see cref="Replica"/> drives and is driven by.</summary>
internal sealed record ReplicaParts
{
    public required Raft Core { get; init; }

    public required RaftOptions Options { get; init; }

    public required Mailbox Mailbox { get; init; }

    public required Applier Applier { get; init; }

    public required RaftLog Log { get; init; }

    public required BallotFile Ballots { get; init; }

    public required SpaceWatch Space { get; init; }

    /// <summary>Lets a message go to its member; never waits.</summary>
    public required Action<Message> Send { get; init; }

    /// <summary>Begins to send a member a snapshot; never waits. Its end is told to the core.</summary>
    public required Action<SnapshotWanted> SendSnapshot { get; init; }

    public required ulong AppliedIndex { get; init; }
}
