using DfsNet.ChunkServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>After the grace nothing is left that nobody owns or refers to: no record, and no file on any disk.</summary>
internal sealed class NothingStays : IConvergence
{
    public string Name => "nothing stays that nobody owns or refers to";

    public string? Missing(World world)
    {
        var store = world.Meta.Store;
        if (StateReader.DetachedMaps(store).Any() || StateReader.Orphans(store).Any() || StateReader.UnreferencedChunks(store).Any())
        {
            return $"left: maps {string.Join(", ", StateReader.DetachedMaps(store))}, "
                + $"orphans {string.Join(", ", StateReader.Orphans(store))}, "
                + $"chunks {string.Join(", ", StateReader.UnreferencedChunks(store))}";
        }

        foreach (var (server, record) in StateReader.Servers(store))
        {
            var machine = world.Servers.Single(machine => machine.Address == record.Address);
            if (machine.IsCrippled)
            {
                // What its disks destroyed keeps it from obeying.
                continue;
            }

            if (StateReader.Leaving(store, server).FirstOrDefault() is { Chunk.Value: > 0 } leaving)
            {
                return $"{machine.Name} has not removed chunk {leaving.Chunk}";
            }

            var known = StateReader.ReplicasOf(store, server, default).Select(row => row.Chunk).ToHashSet();
            foreach (var chunk in machine.Disks.SelectMany(disk => ChunksOn(disk.Disk.Paths)))
            {
                // What marks itself as part of a backup may stay unknown until newer ones are kept.
                if (!known.Contains(chunk) && !world.Shape.HasBackups)
                {
                    return $"{machine.Name} has a file of chunk {chunk}, which is not in the record";
                }
            }
        }

        return null;
    }

    private static IEnumerable<ChunkId> ChunksOn(IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            string[] parts = path.Split('/');
            if (parts.Length == 3 && parts[0] == ChunkPath.Root
                && ChunkPath.Parse(Convert.ToInt32(parts[1], 16), parts[2], out var chunk) != ChunkNameKind.Foreign)
            {
                yield return chunk;
            }
        }
    }
}
