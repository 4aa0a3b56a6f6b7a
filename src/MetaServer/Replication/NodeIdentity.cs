using System.Buffers.Binary;
using DfsNet.Consensus;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>Whose data directory this is (docs/formats.md).</summary>
/// <param name="Directory">Drawn when the directory is set up: a node that lost its disk has another one.</param>
/// <param name="Cluster">0 until this node has heard of its cluster.</param>
/// <param name="Member">None until a node that joins has been spoken to.</param>
/// <param name="Founding">Digest of the founding members; 0 in a directory that joins a cluster which exists.</param>
/// <param name="IsBegun">The log has its first entry: from now on an empty log or store is damage.</param>
internal sealed record NodeIdentity(ulong Directory, ClusterId Cluster, MemberId Member, ulong Founding, bool IsBegun)
{
    public const string FileName = "identity";
    public const uint FormatVersion = 2;

    private const int Size = 8 + 4 + 8 + 8 + 8 + 8 + 1;

    private static ReadOnlySpan<byte> Role => "dfs-meta"u8;

    public byte[] Encode()
    {
        byte[] bytes = new byte[Size];
        Role.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(12), Directory);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(20), Cluster.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(28), Member.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(36), Founding);
        bytes[44] = IsBegun ? (byte)1 : (byte)0;
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
            new ClusterId(BinaryPrimitives.ReadUInt64LittleEndian(bytes[20..])),
            new MemberId(BinaryPrimitives.ReadUInt64LittleEndian(bytes[28..])),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[36..]),
            bytes[44] != 0);
    }
}
