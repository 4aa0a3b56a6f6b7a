using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Placement;

/// <summary>
/// What a new chunk needs; <paramref name="Failed"/> is what failed the client lately, the latest first: without a volume, a whole server.
/// </summary>
internal sealed record PlacementRequest(
    int Replication, int MinReplicas, int ChunkSize, IReadOnlyList<ReplicaPlace> Failed, string ClientHost);

/// <summary>
/// Where the replicas of a new chunk go: distinct fault domains first, at most one per server, in each step the better of two servers drawn
/// at random by free space and load (two choices keep the fullest bin near the mean, where the best of all would send every chunk to the
/// newest server). A server on the client's host is the chain's head. Servers that failed the client take part only to reach the minimum,
/// those that failed longest ago first: asking all of them again would keep the one that is dead in every chain. A server of which a volume
/// failed takes part with its others.
/// </summary>
internal static class PlacementPolicy
{
    /// <summary>The chain in order; throws when fewer than the minimum can take a replica.</summary>
    public static IReadOnlyList<ReplicaPlace> Choose(PlacementRequest request, IReadOnlyList<Candidate> candidates, Random random)
    {
        var able = candidates.Where(candidate => candidate.CanTake(request.ChunkSize)).ToList();
        var pool = able.Select(candidate => candidate.Without(request.Failed)).Where(candidate => candidate.CanTake(request.ChunkSize))
            .ToList();
        int minimum = Math.Min(request.MinReplicas, request.Replication);
        var again = request.Failed.Select(place => place.Server).Distinct().Reverse()
            .Where(server => pool.TrueForAll(candidate => candidate.Server != server))
            .Join(able, server => server, candidate => candidate.Server, (_, candidate) => candidate).ToList();
        pool.AddRange(again.Take(Math.Max(0, minimum - pool.Count)));
        if (pool.Count < minimum || pool.Count == 0)
        {
            throw new DfsException(
                ErrorCode.TooFewServers,
                "allocate chunk",
                $"{able.Count} of {candidates.Count} healthy chunk servers have room for a chunk; at least {Math.Max(1, minimum)} are "
                    + $"needed");
        }

        var chain = new List<ReplicaPlace>();
        var domains = new HashSet<string>(StringComparer.Ordinal);
        var local = pool.Find(candidate => request.ClientHost.Length > 0 && candidate.Host == request.ClientHost);
        while (chain.Count < request.Replication && pool.Count > 0)
        {
            var elsewhere = pool.FindAll(candidate => !domains.Contains(candidate.DomainOrHost));
            var next = chain.Count == 0 && local is not null
                ? local
                : Candidate.BetterOfTwo(elsewhere.Count > 0 ? elsewhere : pool, random);
            chain.Add(new ReplicaPlace(next.Server, next.RoomiestVolume(request.ChunkSize)));
            domains.Add(next.DomainOrHost);
            pool.Remove(next);
        }

        return chain;
    }
}
