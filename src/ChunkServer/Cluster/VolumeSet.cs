using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>The open volumes of this server, in order of id; empty until they are opened.</summary>
internal sealed class VolumeSet
{
    private volatile Volume[] _volumes = [];

    public IReadOnlyList<Volume> All => _volumes;

    public void Set(IEnumerable<Volume> volumes) => _volumes = [.. volumes.OrderBy(volume => volume.Id)];

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
        Holder(chunk) ?? throw new DfsException(ErrorCode.ChunkNotFound, step, $"this server has no replica of chunk {chunk}");
}
