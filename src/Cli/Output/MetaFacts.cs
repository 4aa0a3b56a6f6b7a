using System.Globalization;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Output;

/// <summary>The metadata servers of a cluster, as "admin meta status" tells it.</summary>
/// <param name="Leader">host:port; empty while none is known.</param>
/// <param name="FeatureLevel">Of the cluster.</param>
/// <param name="FeatureLevelKnown">The newest that every metadata server's program knows; 0 while one was not heard.</param>
/// <param name="Protected">Nothing is deleted until an operator says so.</param>
internal sealed record MetaFacts(
    string Cluster,
    ulong Incarnation,
    string Leader,
    ulong Term,
    ulong CommitIndex,
    uint FeatureLevel,
    uint FeatureLevelKnown,
    bool Protected,
    IReadOnlyList<MetaNodeFacts> Nodes)
{
    public static MetaFacts Of(GetMembersReply reply)
    {
        bool isLeader = reply.Role == MemberRole.Leader;
        return new MetaFacts(
            reply.ClusterId.ToString("x16", CultureInfo.InvariantCulture),
            reply.Incarnation,
            reply.Leader,
            reply.Term,
            reply.CommitIndex,
            reply.FeatureLevel,
            reply.Members.Count == 0 ? reply.FeatureLevelKnown : reply.Members.Min(member => member.FeatureLevel),
            reply.Protected,
            [.. reply.Members.OrderBy(member => member.Member).Select(member => MetaNodeFacts.Of(member, reply, isLeader))]);
    }
}

/// <summary>One metadata server, in the words of the leader, or of another where there is none.</summary>
/// <param name="Role">leader, follower, or learner: one that has no vote yet.</param>
/// <param name="State">ok, silent, behind a snapshot, repairing, diverged; unknown where the leader did not say it.</param>
/// <param name="Match">Entries known to be on its disk; null where the leader did not say it.</param>
/// <param name="Lag">Entries that it lacks; null likewise.</param>
internal sealed record MetaNodeFacts(ulong Node, string Address, string Role, string State, ulong? Match, ulong? Lag)
{
    public static MetaNodeFacts Of(MemberStatus member, GetMembersReply reply, bool isLeadersWord) => new(
        member.Member,
        member.Address,
        member.Role.ToString().ToLowerInvariant(),
        StateOf(member, isLeadersWord),
        isLeadersWord ? member.Match : null,
        isLeadersWord ? reply.LastIndex - Math.Min(reply.LastIndex, member.Match) : null);

    private static string StateOf(MemberStatus member, bool isLeadersWord) =>
        !isLeadersWord ? "unknown"
        : member.Diverged ? "diverged"
        : !member.Active ? "silent"
        : member.Impaired ? "repairing"
        : member.Snapshot ? "snapshot"
        : "ok";
}

/// <summary>What a change of the metadata servers came to.</summary>
internal sealed record MetaChangeFacts(string Change, ulong Node, string Address);
