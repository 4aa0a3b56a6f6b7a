namespace DfsNet.Consensus;

/// <summary>What a node says to a snapshot that is offered to it.</summary>
public enum SnapshotVerdict
{
    /// <summary>Whoever offers it does not lead any more, or this node has stopped.</summary>
    Refused,

    /// <summary>What it holds is committed here already, or the log leads up to it.</summary>
    NotNeeded,

    /// <summary>It is ahead of all that this node can get from its log.</summary>
    Wanted,
}
