using System.Buffers.Binary;
using DfsNet.Consensus;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>Whose data directory this is (docs/formats.md).</summary>
/// <param name="Directory">Drawn when the directory is set up: a node that lost its disk has another one.</param>
/// <param name="Member">None until a node that joins has been spoken to.</param>
/// <param name="Founding">Digest of the founding members; 0 in a directory that joins a cluster which exists.</param>
/// <param name="IsBegun">The log has its first entry: from now on an empty log or store is damage.</param>
/// <param name="IsImpaired">A damaged log was laid aside: this node does not vote before it is repaired from its peers.</param>
/// <param name="LogNumber">How many damaged logs were laid aside: the log that counts lies in a directory of this number.</param>
internal sealed record NodeIdentity(
    ulong Directory, MemberId Member, ulong Founding, bool IsBegun, bool IsImpaired = false, uint LogNumber = 0)
{
    public const string FileName = "identity";
    public const uint FormatVersion = 2;

    private const int Size = 8 + 4 + 8 + 8 + 8 + 1 + 1 + 4;

    private static ReadOnlySpan<byte> Role => "dfs-meta"u8;

    /// <summary>Where the log lies that counts.</summary>
    public string LogDirectory => LogNumber == 0 ? "log" : $"log-{LogNumber}";

    public byte[] Encode()
    {
        byte[] bytes = new byte[Size];
        Role.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(12), Directory);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(20), Member.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(28), Founding);
        bytes[36] = IsBegun ? (byte)1 : (byte)0;
        bytes[37] = IsImpaired ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(38), LogNumber);
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
            bytes[36] != 0,
            bytes[37] != 0,
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[38..]));
    }
}
