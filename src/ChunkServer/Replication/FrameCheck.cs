using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Replication;

/// <summary>A place in a chunk where a frame ended, and the digest of all bytes before it.</summary>
internal readonly record struct FrameEnd(int Length, uint Digest);

/// <summary>Holds an arriving frame against what came before it: offset, size, pieces and their checksums.</summary>
internal static class FrameCheck
{
    private const string Step = "append: check frame";

    /// <summary>The end that the frame leads to; a <see cref="DfsException"/> when it may not follow <paramref name="before"/>.</summary>
    public static FrameEnd Extend(FrameEnd before, int capacity, AppendFrame frame, ReadOnlySpan<byte> payload)
    {
        if (frame.Offset != (uint)before.Length)
        {
            throw new DfsException(
                ErrorCode.InvalidArgument, Step, $"the frame is for offset {frame.Offset}, the chunk ends at {before.Length}");
        }

        if (payload.IsEmpty || payload.Length > Limits.FramePayloadMax || payload.Length > capacity - before.Length)
        {
            throw new DfsException(
                ErrorCode.InvalidArgument,
                Step,
                $"{payload.Length} bytes at {before.Length} do not fit a frame or the chunk's {capacity} bytes");
        }

        uint digest = before.Digest;
        int offset = before.Length;
        int piece = 0;
        for (; !payload.IsEmpty; piece++)
        {
            int length = Math.Min(payload.Length, Limits.BlockSize - (offset % Limits.BlockSize));
            if (piece == frame.PieceCrcs.Count)
            {
                throw WrongPieces(frame, offset);
            }

            uint crc = frame.PieceCrcs[piece];
            if (Crc32C.Compute(payload[..length]) != crc)
            {
                throw new DfsException(ErrorCode.ChecksumMismatch, Step, $"bytes [{offset}, +{length}) do not match their checksum");
            }

            digest = Crc32C.Combine(digest, crc, length);
            payload = payload[length..];
            offset += length;
        }

        return piece == frame.PieceCrcs.Count ? new FrameEnd(offset, digest) : throw WrongPieces(frame, offset);
    }

    private static DfsException WrongPieces(AppendFrame frame, int offset) =>
        new(
            ErrorCode.InvalidArgument,
            Step,
            $"the frame at {frame.Offset} has {frame.PieceCrcs.Count} checksums, wrong for an end at {offset}");
}
