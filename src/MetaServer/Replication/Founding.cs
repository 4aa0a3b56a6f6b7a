using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DfsNet.Consensus;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>How a new data directory begins: alone, as one of the founders of a cluster, or to join one that exists.</summary>
internal sealed class Founding(MetaServerOptions options, string advertised)
{
    private IReadOnlyList<string> Peers => options.Peers.Count == 0 ? [advertised] : options.Peers;

    /// <summary>The identity of a directory that is new.</summary>
    /// <exception cref="DfsException">InvalidArgument: this node is not among its own peers.</exception>
    public NodeIdentity IdentityOf(ulong directory)
    {
        if (options.Join)
        {
            return new NodeIdentity(directory, MemberId.None, Founding: 0, HasPeers: true);
        }

        int place = Peers.ToList().IndexOf(advertised);
        if (place < 0)
        {
            throw new DfsException(
                ErrorCode.InvalidArgument,
                "meta-server: options",
                $"--peers names {string.Join(", ", Peers)}, but not {advertised}, where this server is reached (see --advertise)");
        }

        // A cluster of one is nobody else's; several founders know each other by their common list.
        ulong founding = options.Peers.Count == 0 ? directory : Digest(options.Peers);
        return new NodeIdentity(directory, new MemberId((ulong)place + 1), founding, HasPeers: Peers.Count > 1);
    }

    /// <summary>The first entry of every founder's log, the same in all of them.</summary>
    public Entry FirstEntry()
    {
        var members = Peers.Select((address, place) => new Member(new MemberId((ulong)place + 1), address, IsLearner: false));
        return new Entry(
            new LogPoint(1, 1), EntryKind.Membership, new Membership(members, (ulong)Peers.Count + 1).Encode());
    }

    private static ulong Digest(IReadOnlyList<string> peers)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(",", peers)));
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) | 1;
    }
}
