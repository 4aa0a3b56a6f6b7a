using DfsNet.Protocol;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Makes the table of replicas out of what the scan and the replay found.</summary>
internal sealed partial class VolumeRecovery(
    IDisk disk, VolumeId volume, VolumeScan scan, VolumeReplay replay, ReplicaTable table, ILogger log)
{
    private const string Leftover = "leftover of a creation that nobody heard of";
    private const string Removal = "its removal had begun";

    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var chunk in scan.Files.Keys.Union(replay.Chunks.Keys).Order())
        {
            cancellation.ThrowIfCancellationRequested();
            var file = scan.Files.GetValueOrDefault(chunk);
            var journalled = replay.Chunks.GetValueOrDefault(chunk);
            var replica = await RecoverAsync(chunk, file, journalled).ConfigureAwait(false);
            if (replica is not null)
            {
                Put(replica, file, journalled);
            }

            if (journalled?.File is { } written && replica?.Open?.File != written)
            {
                await written.ReleaseAsync().ConfigureAwait(false);
            }
        }

        await SettleRemovalsAsync().ConfigureAwait(false);
    }

    private async ValueTask<Replica?> RecoverAsync(ChunkId chunk, ScannedFile? file, ReplayedChunk? journalled)
    {
        if (file is null)
        {
            return journalled is null ? null : RecoverMissing(journalled);
        }

        if (file is { State: HeaderState.Valid, Header: { } header } && await IsSealedAsync(file, header, journalled).ConfigureAwait(false))
        {
            return await RecoverSealedAsync(file, header, journalled).ConfigureAwait(false);
        }

        if (journalled is { Checksums: not null })
        {
            return await RecoverOpenAsync(journalled, file).ConfigureAwait(false);
        }

        if (journalled?.RemovedGeneration is { } removed && (file.Header?.Generation ?? default).CompareTo(removed) <= 0)
        {
            return await RemoveAsync(chunk, Removal).ConfigureAwait(false);
        }

        if (file is { State: HeaderState.None, Length: 0 } && journalled?.SealedGeneration is null)
        {
            return await RemoveAsync(chunk, Leftover).ConfigureAwait(false);
        }

        var generation = journalled?.SealedGeneration ?? journalled?.QuarantinedGeneration ?? file.Header?.Generation ?? default;
        return Damaged(chunk, generation, file.Header, file.State == HeaderState.None ? "its header is gone" : "its header is damaged");
    }

    // A file whose removal is in the journal is gone, but perhaps not durably: the journal is about to forget it.
    private async ValueTask SettleRemovalsAsync()
    {
        var removed = replay.Chunks.Values.Where(chunk => chunk.RemovedGeneration is not null);
        foreach (string directory in removed.Select(chunk => ChunkPath.Directory(chunk.Chunk)).Distinct().Order(StringComparer.Ordinal))
        {
            await disk.FlushDirectoryAsync(directory).ConfigureAwait(false);
        }
    }

    // While the journal has the chunk as open, its header may be half-written: the power may have failed before it was flushed.
    private async ValueTask<bool> IsSealedAsync(ScannedFile file, ChunkHeader header, ReplayedChunk? journalled)
    {
        if (journalled?.Checksums is null || journalled.Generation != header.Generation)
        {
            return journalled?.Checksums is null || journalled.Generation.CompareTo(header.Generation) < 0;
        }

        return file.Length >= ChunkHeader.AreaBytes + (long)header.Length && await replay.SettleHeaderAsync(header).ConfigureAwait(false);
    }

    // Sealed chunks stand in no journal: the metadata server misses them in the report. What was open and not empty is reported as damaged.
    private Replica? RecoverMissing(ReplayedChunk journalled)
    {
        if (journalled is { Checksums.Length: > 0 })
        {
            return Damaged(journalled.Chunk, journalled.Generation, null, "its file is gone");
        }

        return journalled is { QuarantinedGeneration: { } quarantined, RemovedGeneration: var removed }
            && (removed is null || removed.Value.CompareTo(quarantined) < 0)
            ? Damaged(journalled.Chunk, quarantined, null, "it was in quarantine, and its file is gone")
            : null;
    }

    private async ValueTask<Replica?> RecoverSealedAsync(ScannedFile file, ChunkHeader header, ReplayedChunk? journalled)
    {
        if (journalled?.RemovedGeneration is { } removed && header.Generation.CompareTo(removed) <= 0)
        {
            return await RemoveAsync(header.Chunk, Removal).ConfigureAwait(false);
        }

        if (journalled?.QuarantinedGeneration == header.Generation)
        {
            return Damaged(header.Chunk, header.Generation, header, "it was in quarantine");
        }

        if (file.Length < ChunkHeader.AreaBytes + (long)header.Length)
        {
            return Damaged(header.Chunk, header.Generation, header, $"its file has {file.Length} bytes only");
        }

        return new Replica(header.Chunk, header.Generation)
        {
            State = ReplicaState.Sealed,
            Mark = header.Mark,
            Length = header.Length,
            Digest = header.Digest,
        };
    }

    private async ValueTask<Replica> RecoverOpenAsync(ReplayedChunk journalled, ScannedFile file)
    {
        if (journalled.QuarantinedGeneration == journalled.Generation)
        {
            return Damaged(journalled.Chunk, journalled.Generation, null, "it was in quarantine");
        }

        bool older = file is { State: HeaderState.Valid, Header: { } header } && header.Generation != journalled.Generation;
        if (older || journalled.Contradiction.Length > 0)
        {
            string what = older ? "its file belongs to an older generation" : journalled.Contradiction;
            return Damaged(journalled.Chunk, journalled.Generation, null, what);
        }

        await replay.ProveAsync(journalled).ConfigureAwait(false);
        var checksums = journalled.Checksums!;
        checksums.ForgetBefore(checksums.Length);
        return new Replica(journalled.Chunk, journalled.Generation)
        {
            State = ReplicaState.Open,
            Mark = journalled.Mark,
            Length = checksums.Length,
            Digest = checksums.Digest,
            Open = new OpenReplica(journalled.Capacity, checksums) { File = journalled.File, Unwritten = journalled.Unwritten },
        };
    }

    private void Put(Replica replica, ScannedFile? file, ReplayedChunk? journalled)
    {
        lock (table.Order) // guards the table
        {
            table.Put(replica);
        }

        if (replica.State == ReplicaState.Open)
        {
            ReplicaReopened(replica.Chunk, replica.Generation, volume, replica.Length, file?.Length ?? 0, journalled?.Unproven.Count ?? 0);
        }
    }

    private Replica Damaged(ChunkId chunk, Generation generation, ChunkHeader? header, string what)
    {
        ReplicaDamaged(chunk, generation, volume, what);
        return new Replica(chunk, generation)
        {
            State = ReplicaState.Damaged,
            Mark = header?.Mark ?? default,
            Length = header?.Length ?? 0,
            Digest = header?.Digest ?? 0,
        };
    }

    private async ValueTask<Replica?> RemoveAsync(ChunkId chunk, string why)
    {
        await disk.DeleteAsync(ChunkPath.File(chunk)).ConfigureAwait(false);
        await disk.FlushDirectoryAsync(ChunkPath.Directory(chunk)).ConfigureAwait(false);
        FileRemoved(chunk, volume, why);
        return null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message =
        "Chunk {Chunk} (generation {Generation}) on volume {Volume} was found open at {Length} "
        + "(file {FileLength}, {Unproven} appends compared)")]
    private partial void ReplicaReopened(
        ChunkId chunk, Generation generation, VolumeId volume, int length, long fileLength, int unproven);

    [LoggerMessage(Level = LogLevel.Error, Message =
        "Chunk {Chunk} (generation {Generation}) on volume {Volume} was found damaged: {What}")]
    private partial void ReplicaDamaged(ChunkId chunk, Generation generation, VolumeId volume, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The file of chunk {Chunk} on volume {Volume} was removed: {Why}")]
    private partial void FileRemoved(ChunkId chunk, VolumeId volume, string why);
}
