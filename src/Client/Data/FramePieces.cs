using DfsNet.Integrity;
using DfsNet.Protocol;

namespace DfsNet.Client.Data;

/// <summary>The checksums of a frame's pieces: cut where the payload crosses a block boundary of the chunk.</summary>
internal static class FramePieces
{
    /// <summary>
    /// Adds the CRC32C of each piece to <paramref name="crcs"/>; returns the digest of the chunk up to the end of the payload.
    /// </summary>
    public static uint Cut(int chunkOffset, ReadOnlySpan<byte> payload, uint digest, ICollection<uint> crcs)
    {
        while (!payload.IsEmpty)
        {
            int length = Math.Min(payload.Length, Limits.BlockSize - (chunkOffset % Limits.BlockSize));
            uint crc = Crc32C.Compute(payload[..length]);
            crcs.Add(crc);
            digest = Crc32C.Combine(digest, crc, length);
            payload = payload[length..];
            chunkOffset += length;
        }

        return digest;
    }
}
