using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>What readers ask: ranges, small ranges and checksums, all checked first and verified before anything leaves.</summary>
internal sealed class ReplicaReads(BlockReader blocks, TimeProvider time)
{
    private const string Step = "read";

    // As much as one buffer holds: what a verification reads at once.
    private const int BlocksPerRead = Limits.FramePayloadMax / Limits.BlockSize;

    public async ValueTask<BulkBuffer> ReadAsync(ChunkId chunk, int offset, int length, int knownLength)
    {
        long end = (long)offset + length;
        if (offset < 0 || length <= 0 || length > Limits.FramePayloadMax || offset % Limits.BlockSize != 0
            || end > knownLength || (end != knownLength && end % Limits.BlockSize != 0))
        {
            throw Invalid($"[{offset}, {end}) of {knownLength} is not made of whole blocks");
        }

        int count = ChunkHeader.BlockCount(length);
        var (bytes, _) = await blocks.ReadAsync(chunk, offset / Limits.BlockSize, count, knownLength).ConfigureAwait(false);
        bytes.Trim(length);
        return bytes;
    }

    public async ValueTask<BulkBuffer> ReadSmallAsync(ChunkId chunk, int offset, int length)
    {
        long end = (long)offset + length;
        if (offset < 0 || length is <= 0 or > Limits.BlockSize || end > Limits.ChunkSizeMax)
        {
            throw Invalid($"[{offset}, {end}) is no small range");
        }

        int first = offset / Limits.BlockSize;
        int count = (int)((end - 1) / Limits.BlockSize) - first + 1;
        var (bytes, _) = await blocks.ReadAsync(chunk, first, count, (int)end).ConfigureAwait(false);
        using (bytes)
        {
            return BulkBuffer.CopyOf(bytes.Span.Slice(offset - (first * Limits.BlockSize), length));
        }
    }

    public async ValueTask<uint[]> GetChecksumsAsync(ChunkId chunk, int length)
    {
        if (length is <= 0 or > Limits.ChunkSizeMax)
        {
            throw Invalid($"a prefix of {length} bytes has no checksums");
        }

        var snapshot = await blocks.SnapshotAsync(chunk, length).ConfigureAwait(false);
        int count = ChunkHeader.BlockCount(length);
        uint[] table = snapshot.Table.AsSpan(0, count).ToArray();
        if (length != snapshot.Length && length % Limits.BlockSize != 0)
        {
            table[^1] = await GetPrefixAsync(chunk, length).ConfigureAwait(false);
        }

        return table;
    }

    /// <summary>Checksum of what [0, length) holds of its last block, read back from that block once it was verified whole.</summary>
    public async ValueTask<uint> GetPrefixAsync(ChunkId chunk, int length)
    {
        var (bytes, _) = await blocks.ReadAsync(chunk, (length - 1) / Limits.BlockSize, 1, length).ConfigureAwait(false);
        using (bytes)
        {
            return Crc32C.Compute(bytes.Span[..(((length - 1) % Limits.BlockSize) + 1)]);
        }
    }

    /// <summary>Reads everything once; false when the replica is damaged.</summary>
    public async Task<bool> VerifyAsync(ChunkId chunk, StepBack? stepBack, CancellationToken cancellation)
    {
        try
        {
            var snapshot = await blocks.SnapshotFromDiskAsync(chunk).ConfigureAwait(false);
            if (BlockChecksums.Combine(snapshot.Table, snapshot.Length) != snapshot.Digest)
            {
                return !blocks.Report(snapshot, "its block checksums do not combine to its digest");
            }

            int count = ChunkHeader.BlockCount(snapshot.Length);
            for (int block = 0; block < count; block += BlocksPerRead)
            {
                cancellation.ThrowIfCancellationRequested();
                long began = time.GetTimestamp();
                var (bytes, _) = await blocks.ReadAsync(chunk, block, BlocksPerRead, 0).ConfigureAwait(false);
                bytes.Dispose();
                if (stepBack is not null)
                {
                    await stepBack(time.GetElapsedTime(began), cancellation).ConfigureAwait(false);
                }
            }

            return true;
        }
        catch (DfsException error) when (error.Code == ErrorCode.ChecksumMismatch)
        {
            return false;
        }
    }

    private static DfsException Invalid(string message) => new(ErrorCode.InvalidArgument, Step, message);
}
