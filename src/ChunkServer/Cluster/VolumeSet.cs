using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// The open volumes of this server, in order of id; empty until they are opened. That a chunk is not here is said only while all of them
/// are open: a reader that hears it of every replica takes the bytes for lost.
/// </summary>
internal sealed class VolumeSet
{
    private volatile Volume[] _volumes = [];
    private volatile bool _isComplete;

    public IReadOnlyList<Volume> All => _volumes;

    /// <param name="volumes">Those that are open.</param>
    /// <param name="isComplete">They are all that this server ever had.</param>
    public void Set(IEnumerable<Volume> volumes, bool isComplete)
    {
        _volumes = [.. volumes.OrderBy(volume => volume.Id)];
        _isComplete = isComplete;
    }

    /// <summary>Before the volumes are put to rest: from now on nothing is said of what is not found.</summary>
    public IReadOnlyList<Volume> Close()
    {
        _isComplete = false;
        var volumes = _volumes;
        _volumes = [];
        return volumes;
    }

    public Volume? Find(VolumeId id) => Array.Find(_volumes, volume => volume.Id == id);

    /// <summary>
    /// The volume that has a replica of the chunk. One on a failed volume is the last choice: it cannot be repaired in place.
    /// </summary>
    public Volume? Holder(ChunkId chunk)
    {
        Volume? last = null;
        foreach (var volume in _volumes)
        {
            if (!volume.Holds(chunk))
            {
                continue;
            }

            if (volume.State != VolumeState.Failed)
            {
                return volume;
            }

            last = volume;
        }

        return last;
    }

    public Volume Require(ChunkId chunk, string step) =>
        Holder(chunk) ?? throw (_isComplete
            ? new DfsException(ErrorCode.ChunkNotFound, step, $"this server has no replica of chunk {chunk}")
            : new DfsException(ErrorCode.Unavailable, step, $"chunk {chunk} may be on a volume that is not open"));
}
