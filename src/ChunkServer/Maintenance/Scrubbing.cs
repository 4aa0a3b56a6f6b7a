using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Maintenance;

/// <summary>The scrubbers of all volumes: disks are independent, so each volume has its own.</summary>
internal sealed class Scrubbing
{
    private volatile IReadOnlyDictionary<VolumeId, Scrubber> _scrubbers = new Dictionary<VolumeId, Scrubber>();

    public ScrubStatus? StatusOf(VolumeId volume) => _scrubbers.GetValueOrDefault(volume)?.Status;

    /// <summary>An operator's wish, as a metadata server passes it on; 0: there is none.</summary>
    public void Request(ulong number)
    {
        foreach (var scrubber in _scrubbers.Values)
        {
            scrubber.Request(number);
        }
    }

    /// <summary>Runs all of them until cancelled.</summary>
    public Task RunAsync(IReadOnlyDictionary<VolumeId, Scrubber> scrubbers, CancellationToken cancellation)
    {
        _scrubbers = scrubbers;
        return Task.WhenAll(scrubbers.Values.Select(scrubber => scrubber.RunAsync(cancellation)));
    }
}
