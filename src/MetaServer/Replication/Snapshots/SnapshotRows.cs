using System.Buffers.Binary;
using DfsNet.Integrity;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication.Snapshots;

/// <summary>Rows of a snapshot, digested in order: key length, value length, key, value.</summary>
internal static class SnapshotRows
{
    public static uint Append(uint digest, SnapshotRow row)
    {
        Span<byte> lengths = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(lengths, row.Key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(lengths[4..], row.Value.Length);
        return Crc32C.Append(Crc32C.Append(Crc32C.Append(digest, lengths), row.Key.Span), row.Value.Span);
    }

    public static uint Append(uint digest, IEnumerable<SnapshotRow> rows) => rows.Aggregate(digest, Append);
}
