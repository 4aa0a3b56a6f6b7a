using System.Buffers.Binary;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>A point in the cluster's history: a restore grows the incarnation, every command the index.</summary>
internal readonly record struct HistoryPoint(ulong Incarnation, ulong Index) : IComparable<HistoryPoint>
{
    public const string Path = "metadata.seen";
    public const uint FormatVersion = 1;

    private const int Bytes = 24;

    public int CompareTo(HistoryPoint other) =>
        Incarnation != other.Incarnation ? Incarnation.CompareTo(other.Incarnation) : Index.CompareTo(other.Index);

    public byte[] Encode()
    {
        byte[] bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, FormatVersion);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Incarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Index);
        return bytes;
    }

    /// <summary>The beginning of history where the directory has no such file.</summary>
    public static async Task<HistoryPoint> ReadAsync(IDisk disk)
    {
        try
        {
            byte[]? bytes = await AtomicFile.ReadAsync(disk, Path).ConfigureAwait(false);
            return bytes is null ? default : Decode(bytes, disk.Location);
        }
        catch (AtomicFileCorruptException error)
        {
            throw new DfsException(ErrorCode.Corrupt, "open data directory", $"{disk.Location}: {error.Message}", error);
        }
    }

    private static HistoryPoint Decode(ReadOnlySpan<byte> bytes, string location) =>
        bytes.Length == Bytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == FormatVersion
            ? new HistoryPoint(BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]))
            : throw new DfsException(
                ErrorCode.Corrupt, "open data directory", $"{location}/{Path}: {bytes.Length} bytes cannot be a history point");
}
