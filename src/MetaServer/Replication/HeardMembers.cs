using System.Collections.Concurrent;
using DfsNet.Consensus;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// What each other member last said of itself: its data directory, its address, the feature level that its program knows.
/// </summary>
internal sealed class HeardMembers
{
    private readonly ConcurrentDictionary<MemberId, RaftSender> _said = new();

    public void Note(RaftSender sender) => _said[new MemberId(sender.Member)] = sender;

    public RaftSender? Find(MemberId member) => _said.GetValueOrDefault(member);
}
