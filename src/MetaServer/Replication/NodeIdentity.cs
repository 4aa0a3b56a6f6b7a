using System.Buffers.Binary;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>Whose data directory this is; written when it is set up (docs/formats.md).</summary>
internal sealed record NodeIdentity(ClusterId Cluster, uint NodeId, ulong Incarnation, bool Bootstrapped)
{
    public const string FileName = "identity";
    public const uint FormatVersion = 1;

    private const int Size = 8 + 4 + 8 + 4 + 8 + 1;

    private static ReadOnlySpan<byte> Role => "dfs-meta"u8;

    public byte[] Encode()
    {
        byte[] bytes = new byte[Size];
        Role.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(12), Cluster.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), NodeId);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), Incarnation);
        bytes[32] = Bootstrapped ? (byte)1 : (byte)0;
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
            new ClusterId(BinaryPrimitives.ReadUInt64LittleEndian(bytes[12..])),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            bytes[32] != 0);
    }
}
