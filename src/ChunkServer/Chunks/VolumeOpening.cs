using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Opens a volume: directories, scan, replay, table, first checkpoint.</summary>
internal sealed partial class VolumeOpening(IDisk disk, VolumeIdentity identity, VolumeOptions options, TimeProvider time, ILogger log)
{
    private const string Step = "open volume";

    // A small volume must not be eaten by its journal.
    private const int JournalShareOfCapacity = 16;
    private const long CheckpointBytesMin = 256 * 1024;
    private const long SegmentBytesMax = 64L * 1024 * 1024;

    // Room for three checkpoints' worth in the space reckoning: one filling, one being let go, one segment allocated ahead.
    private const int JournalRoomFactor = 3;

    // 2 % as file systems keep for themselves; a gibibyte is room enough for repairs of any volume.
    private const int ReservePercent = 2;
    private const long ReserveBytesMax = 1L << 30;

    // The wall behind InFlightBytesMax and OpenChunksMax, which are the real bounds.
    private const long JournalQueueBytesMax = 512L * 1024 * 1024;

    private readonly VolumeHealth _health = new(identity.Volume, time, log);

    public async Task<(ChunkStore Store, Checkpoint Checkpoint)> RunAsync(CancellationToken cancellation)
    {
        try
        {
            return await OpenAsync(cancellation).ConfigureAwait(false);
        }
        catch (DiskException error)
        {
            throw _health.Take(error, Step);
        }
        catch (JournalDamagedException error)
        {
            throw Corrupt(error.Message, error);
        }
        catch (JournalOwnerException error)
        {
            throw Corrupt(error.Message, error);
        }
    }

    private async Task<(ChunkStore Store, Checkpoint Checkpoint)> OpenAsync(CancellationToken cancellation)
    {
        await PrepareDirectoriesAsync().ConfigureAwait(false);
        long capacity = (await disk.GetSpaceAsync().ConfigureAwait(false)).CapacityBytes;
        long checkpointBytes = Math.Max(CheckpointBytesMin, Math.Min(options.CheckpointBytes, capacity / JournalShareOfCapacity));
        long reserveBytes = options.ReserveBytes > 0 ? options.ReserveBytes : Math.Min(ReserveBytesMax, capacity / 100 * ReservePercent);
        var scan = new VolumeScan(disk, options.ScanParallelism);
        await scan.RunAsync(cancellation).ConfigureAwait(false);
        var files = new FileHandles(disk, options.ReadFilesMax);
        var replay = new VolumeReplay(scan, files);
        var journal = await Journal.OpenAsync(
            disk, ChunkPath.JournalDirectory, Layout(checkpointBytes), time, replay.ApplyAsync, cancellation).ConfigureAwait(false);
        var table = new ReplicaTable(identity.Volume);
        await new VolumeRecovery(disk, identity.Volume, scan, replay, table, log).RunAsync(cancellation).ConfigureAwait(false);
        var space = new VolumeSpace(disk, _health, reserveBytes, checkpointBytes * JournalRoomFactor);
        var store = Assemble(files, table, space, new VolumeJournal(journal, _health, space, checkpointBytes, replay.Bytes));
        var checkpoint = new Checkpoint(store, log);
        if (journal.Recovery.Records > 0)
        {
            // What recovery decided becomes durable now: a second crash must not decide otherwise. A volume that cannot is full or
            // failed, and serves what it has.
            await checkpoint.RunAsync().ConfigureAwait(false);
        }

        VolumeOpened(
            identity.Volume,
            disk.Location,
            table.Count,
            journal.Recovery.Records,
            journal.Recovery.BytesCut,
            scan.AbandonedImports,
            scan.ForeignNames);
        return (store, checkpoint);
    }

    private async Task PrepareDirectoriesAsync()
    {
        if (!identity.Fresh && !await disk.ExistsAsync(ChunkPath.Root).ConfigureAwait(false))
        {
            throw Corrupt($"{disk.Location} has no directory '{ChunkPath.Root}': is the volume mounted?", null);
        }

        await disk.CreateDirectoryAsync(ChunkPath.Root).ConfigureAwait(false);
        var present = (await disk.ListAsync(ChunkPath.Root).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
        bool created = false;
        for (int index = 0; index < ChunkPath.DirectoryCount; index++)
        {
            if (!present.Contains(ChunkPath.DirectoryName(index)))
            {
                created = true;
                await disk.CreateDirectoryAsync($"{ChunkPath.Root}/{ChunkPath.DirectoryName(index)}").ConfigureAwait(false);
            }
        }

        if (created)
        {
            await disk.FlushDirectoryAsync(ChunkPath.Root).ConfigureAwait(false);
            await disk.FlushDirectoryAsync("").ConfigureAwait(false);
        }
    }

    private JournalOptions Layout(long checkpointBytes) => new()
    {
        SegmentBytes = Math.Min(SegmentBytesMax, checkpointBytes),
        QueueBytesMax = JournalQueueBytesMax,
        OwnerId = identity.Volume.Value,
        MustExist = !identity.Fresh,

        // A full volume must be readable. A record that a power cut takes after all was never acknowledged: it leaves a longer file, or an
        // order that is given again.
        UnprovenMayWait = true,
    };

    private ChunkStore Assemble(FileHandles files, ReplicaTable table, VolumeSpace space, VolumeJournal journal) => new()
    {
        Id = identity.Volume,
        Disk = disk,
        Options = options,
        Time = time,
        Health = _health,
        Space = space,
        Table = table,
        Journal = journal,
        Files = files,
        Tables = new ChecksumTables(options.ChecksumTablesMax),
        InFlight = new ByteBudget(options.InFlightBytesMax),
    };

    private static DfsException Corrupt(string message, Exception? inner) => new(ErrorCode.Corrupt, Step, message, inner);

    [LoggerMessage(Level = LogLevel.Information, Message =
        "Volume {Volume} at {Location} was opened: {Chunks} chunks, {Records} journal records, "
        + "{Cut} bytes of an incomplete tail ignored, {Abandoned} abandoned copies, {Foreign} foreign names")]
    private partial void VolumeOpened(
        Protocol.VolumeId volume, string location, int chunks, long records, long cut, int abandoned, int foreign);
}
