namespace DfsNet.Consensus;

/// <summary>How a leader sends entries to a member.</summary>
public enum PeerState
{
    /// <summary>Finding where the logs agree: one message at a time.</summary>
    Probe,

    /// <summary>The logs agree: many messages on their way.</summary>
    Replicate,

    /// <summary>It needs entries that are not kept: a snapshot is on its way.</summary>
    Snapshot,
}

/// <summary>What a leader knows of a member.</summary>
public sealed record PeerProgress(MemberId Member, ulong Match, ulong Next, PeerState State, bool IsActive, bool IsImpaired);
