using System.Diagnostics.Metrics;
using System.Globalization;
using DfsNet.ChunkServer;
using DfsNet.Protocol.Wire;

namespace DfsNet.Hosting.Monitoring;

/// <summary>The instruments of a chunk server.</summary>
internal static class ChunkServerMeters
{
    public static void Describe(Meter meter, Func<ChunkFigures> figures)
    {
        meter.CreateObservableGauge("dfs_appends_active", () => figures().Appends, null, "Append streams at this moment");
        meter.CreateObservableGauge("dfs_reads_active", () => figures().Reads, null, "Reads at this moment");
        Volumes("dfs_volume_capacity_bytes", "Size of the volume's disk", volume => volume.CapacityBytes);
        Volumes("dfs_volume_available_bytes", "Bytes left above the reserve", volume => volume.AvailableBytes);
        Volumes("dfs_volume_stored_bytes", "Bytes of chunks", volume => volume.StoredBytes);
        Volumes("dfs_volume_chunks", "Replicas", volume => volume.Chunks);
        Volumes("dfs_volume_healthy", "1 while the volume takes chunks", volume => volume.State == VolumeState.Healthy ? 1 : 0);
        Volumes("dfs_volume_failed", "1 when the volume failed or is missing",
            volume => volume.State is VolumeState.Failed or VolumeState.Missing ? 1 : 0);
        Volumes("dfs_scrub_verified_bytes", "Bytes verified in the present round", volume => volume.Scrub?.VerifiedBytes ?? 0);
        Volumes("dfs_scrub_damaged", "Replicas found damaged in the present round", volume => volume.Scrub?.Damaged ?? 0);

        void Volumes(string name, string description, Func<VolumeStatus, double> value) => meter.CreateObservableGauge(
            name,
            () => figures().Volumes.Select(volume => new Measurement<double>(
                value(volume),
                new KeyValuePair<string, object?>("volume", volume.VolumeId.ToString("x16", CultureInfo.InvariantCulture)))),
            null,
            description);
    }
}
