using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// Reads the journal back: gathers the state of chunks that are not sealed, and puts small appends into their files again.
/// </summary>
internal sealed class VolumeReplay(VolumeScan scan, FileHandles files)
{
    private readonly Dictionary<ChunkId, ReplayedChunk> _chunks = [];

    public IReadOnlyDictionary<ChunkId, ReplayedChunk> Chunks => _chunks;

    public long Bytes { get; private set; }

    public ValueTask ApplyAsync(JournalRecord journalled)
    {
        Bytes += journalled.Payload.Length;
        if (!VolumeRecord.TryRead(journalled.Payload, out var record))
        {
            throw new DfsException(
                ErrorCode.Corrupt,
                "replay",
                $"journal record {journalled.Position} is none that this version knows; was a newer one here?");
        }

        if (!_chunks.TryGetValue(record.Chunk, out var chunk))
        {
            chunk = new ReplayedChunk(record.Chunk);
            _chunks.Add(record.Chunk, chunk);
        }

        // Never into a file with a header, valid or not: its data was durable before.
        return chunk.Apply(record) && scan.Files.TryGetValue(record.Chunk, out var file) && file.State == HeaderState.None
            ? WriteAsync(chunk, record.Range.Offset, record.Payload)
            : ValueTask.CompletedTask;
    }

    /// <summary>
    /// Compares the large appends at the end with their bytes and cuts before the first that differs: journal and file are flushed at
    /// the same time, and what did not reach both was never acknowledged. What matches is written again, for the checkpoint that follows
    /// to flush: it may stand in the page cache only, after a kill or after a flush that failed.
    /// </summary>
    public async Task ProveAsync(ReplayedChunk chunk)
    {
        foreach (var append in chunk.Unproven)
        {
            using var bytes = BulkBuffer.Rent(append.Length);
            var file = await GetFileAsync(chunk).ConfigureAwait(false);
            int read = await file.File.ReadAsync(ChunkHeader.AreaBytes + (long)append.Offset, bytes.Memory).ConfigureAwait(false);
            if (read < append.Length || !Matches(append, bytes.Span))
            {
                chunk.Cut(append.Offset);
                return;
            }

            await WriteAsync(chunk, append.Offset, bytes.Memory).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether all of a header reached the file, table and both fixed parts. If so it is written again and flushed: it may stand in the
    /// page cache only, and from now on it alone says what the chunk is. On a full disk it does not: the journal still does.
    /// </summary>
    public async Task<bool> SettleHeaderAsync(ChunkHeader header)
    {
        var lease = await files.AcquireAsync(header.Chunk).ConfigureAwait(false);
        try
        {
            byte[] area = new byte[ChunkHeader.AreaBytes];
            int read = await lease.File.ReadAsync(0, area).ConfigureAwait(false);
            bool whole = read == area.Length
                && ChunkHeader.TryRead(area.AsSpan(ChunkHeader.CopyOffset), out var copy) && copy == header
                && header.ReadTable(area) is not null;
            if (whole)
            {
                await lease.File.WriteAsync(0, area).ConfigureAwait(false);
                await lease.File.FlushAsync().ConfigureAwait(false);
            }

            return whole;
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Full)
        {
            return false;
        }
        finally
        {
            await lease.ReleaseAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask WriteAsync(ReplayedChunk chunk, int offset, ReadOnlyMemory<byte> payload)
    {
        var file = await GetFileAsync(chunk).ConfigureAwait(false);
        try
        {
            await file.WriteAsync(offset, payload).ConfigureAwait(false);
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Full)
        {
            chunk.Keep(offset, payload.Span);
        }
    }

    private async ValueTask<ChunkFile> GetFileAsync(ReplayedChunk chunk) =>
        chunk.File ??= new ChunkFile(await files.AcquireAsync(chunk.Chunk).ConfigureAwait(false));

    private static bool Matches(LargeAppend append, ReadOnlySpan<byte> bytes)
    {
        int offset = append.Offset;
        foreach (uint crc in append.PieceCrcs)
        {
            int piece = BlockChecksums.PieceLength(offset, bytes.Length);
            if (Crc32C.Compute(bytes[..piece]) != crc)
            {
                return false;
            }

            offset += piece;
            bytes = bytes[piece..];
        }

        return true;
    }
}
