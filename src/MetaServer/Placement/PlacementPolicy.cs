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
/// newest server). A server on the client's host is the chain's head. While there are too few for all replicas, others take part: first
/// the other volumes of servers of which one failed the client (more often than not the next fails with it), then volumes that answer
/// slowly (redundancy before speed). What failed the client takes part only to reach the minimum, what failed longest ago first: asking
/// all of it again would keep the one that is dead in every chain.
/// </summary>
internal static class PlacementPolicy
{
    /// <summary>The chain in order; throws when fewer than the minimum can take a replica.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="candidates">Servers that take chunks, with their well volumes.</param>
    /// <param name="slow">Servers with volumes that are left out for being slow, with these alone.</param>
    /// <param name="random">Draws.</param>
    public static IReadOnlyList<ReplicaPlace> Choose(
        PlacementRequest request, IReadOnlyList<Candidate> candidates, IReadOnlyList<Candidate> slow, Random random)
    {
        var able = candidates.Where(candidate => candidate.CanTake(request.ChunkSize)).ToList();
        var pool = able.FindAll(candidate => request.Failed.All(place => place.Server != candidate.Server));
        foreach (var others in (IReadOnlyList<Candidate>[])[able, slow])
        {
            if (pool.Count < request.Replication)
            {
                pool.AddRange(others.Where(candidate => pool.TrueForAll(one => one.Server != candidate.Server))
                    .Select(candidate => candidate.Without(request.Failed))
                    .Where(candidate => candidate.CanTake(request.ChunkSize)).ToList());
            }
        }

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
