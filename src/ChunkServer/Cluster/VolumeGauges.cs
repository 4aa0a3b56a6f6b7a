using System.Collections.Concurrent;
using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// The last measured state of every volume. Each is measured by a loop of its own: a disk that hangs must not hold up the heartbeat of the
/// others; its own status then simply grows old.
/// </summary>
internal sealed class VolumeGauges
{
    private readonly ConcurrentDictionary<VolumeId, VolumeStatus> _statuses = new();
    private volatile Volume[] _volumes = [];

    /// <summary>How far a volume is scrubbed; null while nobody knows.</summary>
    public Func<VolumeId, ScrubStatus?> ScrubOf { get; set; } = _ => null;

    /// <summary>In order of volume id.</summary>
    public List<VolumeStatus> Statuses()
    {
        foreach (var volume in _volumes)
        {
            // The state is known at once even when the rest is of the last measurement.
            if (_statuses.TryGetValue(volume.Id, out var status) && status.State != volume.State)
            {
                var changed = status.Clone();
                changed.State = volume.State;
                _statuses[volume.Id] = changed;
            }
        }

        return [.. _statuses.Values.OrderBy(status => status.VolumeId)];
    }

    public IReadOnlyList<VolumeId> Failed() =>
        [.. _volumes.Where(volume => volume.State == VolumeState.Failed).Select(volume => volume.Id)];

    public void Set(VolumeStatus status) => _statuses[new VolumeId(status.VolumeId)] = status;

    public void Watch(IReadOnlyList<Volume> volumes) => _volumes = [.. volumes];

    /// <summary>Measures one volume again and again; <paramref name="changed"/> is called when its state changes.</summary>
    public async Task MeasureAsync(Volume volume, TimeSpan period, Action changed, TimeProvider time, CancellationToken cancellation)
    {
        var before = VolumeState.Unspecified;
        while (true)
        {
            try
            {
                var measured = await volume.MeasureAsync(cancellation).ConfigureAwait(false);
                measured.Scrub = ScrubOf(volume.Id);
                Set(measured);
            }
            catch (DfsException error)
            {
                // Capacity and space stay as they were; the state and the reason are news.
                var status = _statuses.GetValueOrDefault(volume.Id)?.Clone() ?? new VolumeStatus { VolumeId = volume.Id.Value };
                status.State = volume.State;
                status.Detail = error.Message;
                Set(status);
            }

            if (volume.State != before)
            {
                before = volume.State;
                changed();
            }

            await Task.Delay(period, time, cancellation).ConfigureAwait(false);
        }
    }
}
