using DfsNet.Consensus;

namespace DfsNet.MetaServer.Replication;

/// <summary>A node's place in its cluster at one moment, for services and for people.</summary>
/// <param name="LeaseEnd">Until when reads need not ask others, on the clock of the <see cref="Replica"/>.</param>
internal sealed record NodeView(
    Standing Standing,
    Membership Membership,
    ulong CommitIndex,
    LogPoint Last,
    IReadOnlyList<PeerProgress> Progress,
    bool IsImpaired,
    TimeSpan LeaseEnd)
{
    public bool IsLeader => Standing.Role == Role.Leader;

    /// <summary>host:port of the leader; empty while none is known.</summary>
    public string LeaderAddress => Membership.Find(Standing.Leader)?.Address ?? "";
}
