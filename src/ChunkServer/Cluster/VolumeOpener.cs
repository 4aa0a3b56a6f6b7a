using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// Opens the volumes of all data directories at the same time. One that cannot be opened is reported as failed; the others serve.
/// </summary>
internal sealed partial class VolumeOpener(
    DataDirectories directories, VolumeGauges gauges, ChunkServerOptions options, TimeProvider time, ILoggerFactory logs)
{
    private readonly ILogger<VolumeOpener> _log = logs.CreateLogger<VolumeOpener>();

    /// <summary>Space of directories whose volumes are not open yet, and the missing ones: what a first registration tells.</summary>
    public async Task AnnounceAsync()
    {
        string why = string.Join("; ", directories.LeftAlone);
        foreach (var missing in directories.Missing)
        {
            gauges.Set(new VolumeStatus
            {
                VolumeId = missing.Value,
                State = VolumeState.Missing,
                Detail = why.Length > 0 ? why : "its data directory was not given",
            });
        }

        foreach (var directory in directories.Present)
        {
            gauges.Set(await MeasureAsync(directory).ConfigureAwait(false));
        }
    }

    public async Task<IReadOnlyList<Volume>> OpenAsync(CancellationToken cancellation)
    {
        var opened = await Task.WhenAll(directories.Present.Select(directory => OpenAsync(directory, cancellation))).ConfigureAwait(false);
        var volumes = opened.OfType<Volume>().ToList();
        if (volumes.Count == 0)
        {
            throw new DfsException(ErrorCode.VolumeFailed, "open volumes", "no volume could be opened; the log says why");
        }

        gauges.Watch(volumes);
        return volumes;
    }

    private async Task<VolumeStatus> MeasureAsync(DataDirectory directory)
    {
        ulong id = directory.Record.Volume.Value;
        try
        {
            var space = await directory.Disk.GetSpaceAsync().ConfigureAwait(false);
            return new VolumeStatus
            {
                VolumeId = id,
                State = VolumeState.Opening,
                CapacityBytes = (ulong)space.CapacityBytes,
                AvailableBytes = (ulong)Math.Max(0, space.AvailableBytes - options.ReserveBytes),
            };
        }
        catch (DiskException error)
        {
            return new VolumeStatus { VolumeId = id, State = VolumeState.Failed, Detail = error.Message };
        }
    }

    private async Task<Volume?> OpenAsync(DataDirectory directory, CancellationToken cancellation)
    {
        var record = directory.Record;
        try
        {
            var volume = await Volume.OpenAsync(
                directory.Disk,
                new VolumeIdentity(record.Identity.Cluster, record.Identity.Server, record.Volume, Fresh: !record.Formatted),
                new VolumeOptions { ReserveBytes = options.ReserveBytes },
                time,
                logs.CreateLogger<Volume>(),
                cancellation).ConfigureAwait(false);
            if (!record.Formatted)
            {
                await directory.StoreAsync(record with { Formatted = true }).ConfigureAwait(false);
            }

            return volume;
        }
        catch (Exception error) when (error is DfsException or DiskException or JournalDamagedException or JournalOwnerException)
        {
            VolumeNotOpened(error, record.Volume, directory.Disk.Location);
            gauges.Set(new VolumeStatus { VolumeId = record.Volume.Value, State = VolumeState.Failed, Detail = error.Message });
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "Volume {Volume} in {Directory} could not be opened")]
    private partial void VolumeNotOpened(Exception error, VolumeId volume, string directory);
}
