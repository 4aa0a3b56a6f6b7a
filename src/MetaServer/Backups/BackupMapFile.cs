using System.Buffers.Binary;
using DfsNet.Integrity;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Backups;

/// <summary>
/// Where a scheduled backup lies, as bytes at the beginning of a chunk of its own (docs/formats.md): a mark, a version, the length and the
/// checksum of a <see cref="BackupMap"/>, and the map.
/// </summary>
public static class BackupMapFile
{
    public const uint FormatVersion = 1;

    /// <summary>Before the map.</summary>
    public const int HeadBytes = 20;

    // A thousand parts of 64 MiB need 20 KB.
    private const int MapBytesMax = 16 * 1024 * 1024;

    private static ReadOnlySpan<byte> Mark => "DFSBKMAP"u8;

    public static byte[] Encode(BackupMap map)
    {
        byte[] bytes = new byte[HeadBytes + map.CalculateSize()];
        var body = bytes.AsSpan(HeadBytes);
        map.WriteTo(body);
        Mark.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), Crc32C.Compute(body));
        return bytes;
    }

    /// <summary>Bytes of head and map together; null where these are not the first bytes of a map that this program knows.</summary>
    public static int? LengthOf(ReadOnlySpan<byte> head)
    {
        bool isMap = head.Length >= HeadBytes && head.StartsWith(Mark)
            && BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) == FormatVersion
            && BinaryPrimitives.ReadInt32LittleEndian(head[12..]) is >= 0 and <= MapBytesMax;
        return isMap ? HeadBytes + BinaryPrimitives.ReadInt32LittleEndian(head[12..]) : null;
    }

    /// <summary>Null where the bytes are no map, or a damaged one.</summary>
    public static BackupMap? Decode(ReadOnlySpan<byte> bytes)
    {
        if (LengthOf(bytes) != bytes.Length
            || Crc32C.Compute(bytes[HeadBytes..]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]))
        {
            return null;
        }

        try
        {
            var map = BackupMap.Parser.ParseFrom(bytes[HeadBytes..]);
            return map.Header is { Point: not null } ? map : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
