using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>At rest all metadata servers have applied the same entries and came to the same state, row for row.</summary>
internal sealed class MetadataNodesAgree : IConvergence
{
    private static readonly byte[] First = [Keys.StoreTable + 1];
    private static readonly byte[] End = [byte.MaxValue];

    public string Name => "metadata servers agree";

    public string? Missing(World world)
    {
        var one = world.Metas[0];
        foreach (var other in world.Metas.Skip(1))
        {
            if (other.Store.AppliedIndex != one.Store.AppliedIndex)
            {
                return $"{other.Name} is at entry {other.Store.AppliedIndex}, {one.Name} at {one.Store.AppliedIndex}";
            }

            if (StateReader.History(other.Store).Digest != StateReader.History(one.Store).Digest)
            {
                return $"{other.Name} and {one.Name} came to different digests at entry {one.Store.AppliedIndex}";
            }

            bool isSame = other.Store.Scan(First, End).Select(Text).SequenceEqual(one.Store.Scan(First, End).Select(Text));
            if (!isSame)
            {
                return $"{other.Name} and {one.Name} have different rows at entry {one.Store.AppliedIndex}";
            }
        }

        return null;
    }

    private static string Text(KeyValuePair<byte[], byte[]> row) => $"{Convert.ToHexString(row.Key)}={Convert.ToHexString(row.Value)}";
}
