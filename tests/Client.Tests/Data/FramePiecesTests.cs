using CsCheck;
using DfsNet.Client.Data;
using DfsNet.Integrity;
using DfsNet.Protocol;

namespace DfsNet.Client.Tests.Data;

/// <summary>How a frame is cut into pieces.</summary>
public sealed class FramePiecesTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 4 * Limits.BlockSize).Select(i => (byte)((i * 31) ^ (i >> 9)))];

    [Fact]
    public void Pieces_end_at_block_boundaries_and_combine_to_the_digest() =>
        Gen.Select(Gen.Int[0, Limits.BlockSize * 2], Gen.Int[1, Limits.BlockSize * 2]).Sample((offset, length) =>
        {
            var crcs = new List<uint>();
            uint digest = FramePieces.Cut(offset, Bytes.AsSpan(offset, length), Crc32C.Compute(Bytes.AsSpan(0, offset)), crcs);
            Assert.Equal(Crc32C.Compute(Bytes.AsSpan(0, offset + length)), digest);

            int at = offset;
            foreach (uint crc in crcs)
            {
                int end = Math.Min(((at / Limits.BlockSize) + 1) * Limits.BlockSize, offset + length);
                Assert.Equal(Crc32C.Compute(Bytes.AsSpan(at, end - at)), crc);
                at = end;
            }

            Assert.Equal(offset + length, at);
        });

    [Fact]
    public void Block_checksums_are_believed_only_when_they_combine_to_the_digest()
    {
        int length = (2 * Limits.BlockSize) + 100;
        uint[] blocks =
        [
            Crc32C.Compute(Bytes.AsSpan(0, Limits.BlockSize)),
            Crc32C.Compute(Bytes.AsSpan(Limits.BlockSize, Limits.BlockSize)),
            Crc32C.Compute(Bytes.AsSpan(2 * Limits.BlockSize, 100)),
        ];
        uint digest = Crc32C.Compute(Bytes.AsSpan(0, length));

        Assert.Null(BlockChecksums.Check(blocks, length, digest ^ 1));
        Assert.Null(BlockChecksums.Check(blocks[..2], length, digest));
        var checksums = BlockChecksums.Check(blocks, length, digest);
        Assert.NotNull(checksums);
        Assert.Equal(-1, checksums.FirstBad(0, Bytes.AsSpan(0, length)));
        Assert.Equal(2, checksums.FirstBad(Limits.BlockSize, Bytes.AsSpan(Limits.BlockSize, Limits.BlockSize + 99)));
        byte[] flipped = Bytes[..length];
        flipped[Limits.BlockSize + 7] ^= 1;
        Assert.Equal(1, checksums.FirstBad(0, flipped));
    }
}
