using DfsNet.ChunkServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// Every replica of a sealed chunk has heard of its seal: its file says so, with the length and the digest of the record. Only on the
/// server whose disks went bad it may be otherwise.
/// </summary>
internal sealed class ReplicasAreSealed : IConvergence
{
    public string Name => "every replica hears of its seal";

    public string? Missing(World world)
    {
        var store = world.Meta.Store;
        foreach (var (chunk, record) in StateReader.Chunks(store, default))
        {
            if (record.State != ChunkState.Sealed)
            {
                continue;
            }

            foreach (var (server, row) in StateReader.Replicas(store, chunk))
            {
                string? address = StateReader.Server(store, server)?.Address;
                var machine = world.Servers.Single(machine => machine.Address == address);
                if (!row.Leaving && !machine.HasBadDisks && !machine.Disks.Any(disk => IsSealed(disk, chunk, row.Generation, record)))
                {
                    return $"{machine.Name} has no replica of chunk {chunk}, generation {row.Generation}, that is sealed at "
                        + $"({record.CommittedLength}, {record.CommittedDigest:x8})";
                }
            }
        }

        return null;
    }

    /// <summary>The disk has the file of a replica, and its header says what the record says.</summary>
    public static bool IsSealed(ChunkDisk disk, ChunkId chunk, ulong generation, ChunkRecord record)
    {
        string path = ChunkPath.File(chunk);
        if (!disk.Disk.Images.Exists(path))
        {
            return false;
        }

        Span<byte> area = stackalloc byte[ChunkHeader.FixedBytes];
        disk.Disk.Images.Require(path).Read(0, area);
        return ChunkHeader.TryRead(area, out var header)
            && (header.Chunk, header.Generation.Value, header.Length, header.Digest)
                == (chunk, generation, (int)record.CommittedLength, record.CommittedDigest);
    }
}
