using System.Collections.Concurrent;
using DfsNet.Consensus;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>What this node says of itself to the others, and asks of them.</summary>
internal sealed class MembershipCard(DataDirectory directory, string address, IStateReads store)
{
    // A member has one directory in its life.
    private readonly ConcurrentDictionary<MemberId, ulong> _directories = new();
    private ulong _cluster;

    private NodeIdentity Identity => directory.Identity;

    public MemberId Member => Identity.Member;

    public ulong OwnDirectory => Identity.Directory;

    public string Address => address;

    /// <summary>Who speaks.</summary>
    public RaftSender Mine => new()
    {
        ClusterId = Cluster,
        Founding = Identity.Founding,
        DirectoryId = Identity.Directory,
        Member = Identity.Member.Value,
        Address = address,
        FeatureLevel = FeatureLevels.Newest,
    };

    // 0 until the cluster's first command is applied here; never changes afterwards.
    private ulong Cluster =>
        _cluster != 0 ? _cluster : _cluster = StateReader.Cluster(store)?.ClusterId ?? Identity.Cluster;

    /// <summary>The data directory that a member is known by; 0 while none is.</summary>
    public ulong DirectoryOf(MemberId member)
    {
        if (!_directories.TryGetValue(member, out ulong known) && (known = StateReader.DirectoryOf(store, member)) != 0)
        {
            _directories[member] = known;
        }

        return known;
    }

    /// <summary>Whoever speaks must be of this cluster, have the disk that it is known by, and mean this node.</summary>
    /// <exception cref="DfsException">WrongCluster.</exception>
    public void Check(RaftSender? sender, ulong to)
    {
        if (sender is null || sender.Member == 0)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "talk", "a message without a sender");
        }

        bool differs = Cluster != 0 && sender.ClusterId != 0
            ? Cluster != sender.ClusterId
            : Identity.Founding != 0 && sender.Founding != 0 && Identity.Founding != sender.Founding;
        if (differs)
        {
            throw Wrong(
                $"the metadata server at {sender.Address} is of another cluster, or was started with another list of --peers");
        }

        if (to != Member.Value)
        {
            throw Wrong($"this is metadata node {Member}, and {sender.Address} speaks to node {to}");
        }

        if (DirectoryOf(new MemberId(sender.Member)) is not 0 and var known && known != sender.DirectoryId)
        {
            throw Wrong(
                $"metadata node {sender.Member} at {sender.Address} has not the data directory that it is known by: it lost its disk and "
                    + "must come back as a new member (dfs admin meta replace)");
        }
    }

    /// <summary>
    /// Set where the others know this member by another data directory: it lost its disk, and must not go on under its number.
    /// </summary>
    public DfsException? LostDisk(ulong toDirectory) => toDirectory == 0 || toDirectory == OwnDirectory
        ? null
        : new DfsException(
            ErrorCode.WrongCluster,
            "meta-server: identity",
            $"the other metadata servers know node {Member} by another data directory than this one, which must not vote in its place: "
                + "empty it, say 'dfs admin meta replace', and start this server with --join");

    private static DfsException Wrong(string what) => new(ErrorCode.WrongCluster, "talk", what);
}
