using DfsNet.Integrity;
using DfsNet.Protocol;

namespace DfsNet.Client.Data;

/// <summary>Block checksums of a chunk's prefix that combine to the digest in the metadata: every block is checked against them.</summary>
internal sealed class BlockChecksums
{
    private readonly uint[] _blocks;
    private readonly int _length;

    private BlockChecksums(uint[] blocks, int length)
    {
        _blocks = blocks;
        _length = length;
    }

    /// <summary>Null when the checksums are not those of a prefix with this digest.</summary>
    public static BlockChecksums? Check(uint[] blocks, int length, uint digest)
    {
        if (blocks.Length != (length + Limits.BlockSize - 1) / Limits.BlockSize)
        {
            return null;
        }

        uint combined = Crc32C.Empty;
        for (int block = 0; block < blocks.Length; block++)
        {
            combined = Crc32C.Combine(combined, blocks[block], Math.Min(Limits.BlockSize, length - (block * Limits.BlockSize)));
        }

        return combined == digest ? new BlockChecksums(blocks, length) : null;
    }

    /// <summary>Checks bytes that begin at a block boundary and end at one, or at the end of the prefix.</summary>
    /// <returns>The first block that does not match or is incomplete; -1 when all is well.</returns>
    public int FirstBad(int chunkOffset, ReadOnlySpan<byte> bytes)
    {
        int block = chunkOffset / Limits.BlockSize;
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(Limits.BlockSize, _length - (block * Limits.BlockSize));
            if (length <= 0 || bytes.Length < length || Crc32C.Compute(bytes[..length]) != _blocks[block])
            {
                return block;
            }

            bytes = bytes[length..];
            block++;
        }

        return -1;
    }
}
