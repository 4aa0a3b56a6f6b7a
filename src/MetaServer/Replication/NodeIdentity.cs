using System.Buffers.Binary;
using DfsNet.Consensus;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>Whose data directory this is (docs/formats.md).</summary>
/// <param name="Directory">Drawn when the directory is set up: a node that lost its disk has another one.</param>
/// <param name="Member">None until a node that joins has been spoken to.</param>
/// <param name="Founding">Digest of the founding members; 0 in a directory that joins a cluster which exists.</param>
/// <param name="Cluster">0 until it is known.</param>
/// <param name="IsBegun">The log has its first entry: from now on an empty log or store is damage.</param>
/// <param name="IsImpaired">A damaged log was laid aside: this node does not vote before it is repaired from its peers.</param>
/// <param name="HasPeers">There are other members, from which a damaged log can be repaired.</param>
/// <param name="LogNumber">The log that counts lies in the directory of this number.</param>
/// <param name="StoreNumber">The store that counts.</param>
internal sealed record NodeIdentity(
    ulong Directory,
    MemberId Member,
    ulong Founding,
    ulong Cluster = 0,
    bool IsBegun = false,
    bool IsImpaired = false,
    bool HasPeers = false,
    uint LogNumber = 0,
    uint StoreNumber = 0)
{
    public const string FileName = "identity";
    public const uint FormatVersion = 2;

    private const int Size = 8 + 4 + 8 + 8 + 8 + 8 + 4 + 4 + 1;

    private const byte BegunFlag = 1;
    private const byte ImpairedFlag = 2;
    private const byte PeersFlag = 4;

    private static ReadOnlySpan<byte> Role => "dfs-meta"u8;

    /// <summary>Where the log lies that counts.</summary>
    public string LogDirectory => LogDirectoryOf(LogNumber);

    public static string LogDirectoryOf(uint number) => number == 0 ? "log" : $"log-{number}";

    public byte[] Encode()
    {
        byte[] bytes = new byte[Size];
        Role.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(12), Directory);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(20), Member.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(28), Founding);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(36), Cluster);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(44), LogNumber);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(48), StoreNumber);
        bytes[52] = (byte)((IsBegun ? BegunFlag : 0) | (IsImpaired ? ImpairedFlag : 0) | (HasPeers ? PeersFlag : 0));
        return bytes;
    }

    public static NodeIdentity Decode(ReadOnlySpan<byte> bytes, string location)
    {
        if (!bytes.StartsWith(Role))
        {
            throw new DfsException(
                ErrorCode.WrongCluster, "meta-server: identity",
                $"{location} is not the data directory of a metadata server; give another --data");
        }

        uint version = bytes.Length >= 12 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) : 0;
        if (version != FormatVersion || bytes.Length != Size)
        {
            throw new DfsException(
                ErrorCode.Unsupported,
                "meta-server: identity",
                $"{location} has format version {version}, this program knows {FormatVersion}; use the program that wrote it");
        }

        return new NodeIdentity(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[12..]),
            new MemberId(BinaryPrimitives.ReadUInt64LittleEndian(bytes[20..])),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[28..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[36..]),
            IsBegun: (bytes[52] & BegunFlag) != 0,
            IsImpaired: (bytes[52] & ImpairedFlag) != 0,
            HasPeers: (bytes[52] & PeersFlag) != 0,
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]));
    }
}
