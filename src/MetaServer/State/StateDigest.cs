using System.Buffers.Binary;
using DfsNet.Consensus;
using DfsNet.Integrity;

namespace DfsNet.MetaServer.State;

/// <summary>
/// A rolling digest of everything that entries changed, so that nodes that applied the same log can see whether they came to the same
/// state.
/// </summary>
internal static class StateDigest
{
    // No value is as long as this: what stands in for the length of a value that is deleted.
    private const int Deleted = -1;

    public static uint Next(uint before, LogPoint point, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes)
    {
        Span<byte> head = stackalloc byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(head, before);
        BinaryPrimitives.WriteUInt64LittleEndian(head[4..], point.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(head[12..], point.Index);
        uint digest = Crc32C.Compute(head);
        Span<byte> lengths = stackalloc byte[8];
        foreach (var (key, value) in changes)
        {
            BinaryPrimitives.WriteInt32LittleEndian(lengths, key.Length);
            BinaryPrimitives.WriteInt32LittleEndian(lengths[4..], value?.Length ?? Deleted);
            digest = Crc32C.Append(Crc32C.Append(Crc32C.Append(digest, lengths), key), value);
        }

        return digest;
    }
}
