using DfsNet.Consensus;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>What this node says of itself to the others, and asks of them.</summary>
internal sealed class MembershipCard(NodeIdentity identity, string address, IStateStore store)
{
    private ulong _cluster;

    public MemberId Member => identity.Member;

    /// <summary>Who speaks.</summary>
    public RaftSender Mine => new()
    {
        ClusterId = Cluster,
        Founding = identity.Founding,
        DirectoryId = identity.Directory,
        Member = identity.Member.Value,
        Address = address,
    };

    // 0 until the cluster's first command is applied here; never changes afterwards.
    private ulong Cluster => _cluster != 0 ? _cluster : _cluster = StateReader.Cluster(store)?.ClusterId ?? 0;

    /// <summary>Whoever speaks must be of this cluster and mean this node.</summary>
    /// <exception cref="DfsException">WrongCluster.</exception>
    public void Check(RaftSender sender, ulong to)
    {
        bool differs = Cluster != 0 && sender.ClusterId != 0
            ? Cluster != sender.ClusterId
            : identity.Founding != 0 && sender.Founding != 0 && identity.Founding != sender.Founding;
        if (differs)
        {
            throw new DfsException(
                ErrorCode.WrongCluster,
                "talk",
                $"the metadata server at {sender.Address} is of another cluster, or was started with another list of --peers");
        }

        if (to != identity.Member.Value)
        {
            throw new DfsException(
                ErrorCode.WrongCluster, "talk", $"this is metadata node {identity.Member}, and {sender.Address} speaks to node {to}");
        }
    }
}
