using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Placement;

/// <summary>A healthy server that a replica may go to.</summary>
internal sealed record Candidate(ServerId Server, string Address, string Domain, int Load, IReadOnlyList<CandidateVolume> Volumes)
{
    public string Host => Address[..Math.Max(0, Address.LastIndexOf(':'))];

    /// <summary>A server without a label is a domain of its own host.</summary>
    public string DomainOrHost => Domain.Length > 0 ? Domain : Host;

    public bool CanTake(int chunkSize) => Volumes.Any(volume => volume.Fits(chunkSize));
}

/// <summary>A healthy volume; <paramref name="Placed"/> chunks went to it since it last said how much space it has.</summary>
internal sealed record CandidateVolume(VolumeId Volume, ulong CapacityBytes, ulong AvailableBytes, int Placed)
{
    public bool Fits(int chunkSize) => AvailableBytes >= (ulong)chunkSize * (ulong)(Placed + 1);
}

/// <summary>What a new chunk needs; <paramref name="Failed"/> are the servers that failed the client lately, the latest first.</summary>
internal sealed record PlacementRequest(int Replication, int MinReplicas, int ChunkSize, IReadOnlyList<ServerId> Failed, string ClientHost);

/// <summary>A place for a replica.</summary>
internal readonly record struct ReplicaPlace(ServerId Server, VolumeId Volume);

/// <summary>
/// Where the replicas of a new chunk go: distinct fault domains first, at most one per server, in each step the better of two servers drawn
/// at random by free space and load (two choices keep the fullest bin near the mean, where the best of all would send every chunk to the
/// newest server). A server on the client's host is the chain's head. Servers that failed the client take part only to reach the minimum,
/// those that failed longest ago first: asking all of them again would keep the one that is dead in every chain.
/// </summary>
internal static class PlacementPolicy
{
    /// <summary>The chain in order; throws when fewer than the minimum can take a replica.</summary>
    public static IReadOnlyList<ReplicaPlace> Choose(PlacementRequest request, IReadOnlyList<Candidate> candidates, Random random)
    {
        var able = candidates.Where(candidate => candidate.CanTake(request.ChunkSize)).ToList();
        var pool = able.Where(candidate => !request.Failed.Contains(candidate.Server)).ToList();
        int minimum = Math.Min(request.MinReplicas, request.Replication);
        var again = request.Failed.Reverse().Join(able, server => server, candidate => candidate.Server, (_, candidate) => candidate);
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
            var next = chain.Count == 0 && local is not null ? local : BetterOfTwo(elsewhere.Count > 0 ? elsewhere : pool, random);
            chain.Add(new ReplicaPlace(next.Server, ChooseVolume(next, request.ChunkSize)));
            domains.Add(next.DomainOrHost);
            pool.Remove(next);
        }

        return chain;
    }

    private static Candidate BetterOfTwo(List<Candidate> from, Random random)
    {
        var first = from[random.Next(from.Count)];
        var second = from[random.Next(from.Count)];
        return Score(second) > Score(first) ? second : first;
    }

    /// <summary>Share of free space, divided by the work already there.</summary>
    private static double Score(Candidate candidate)
    {
        double capacity = candidate.Volumes.Sum(volume => (double)volume.CapacityBytes);
        double available = candidate.Volumes.Sum(volume => (double)volume.AvailableBytes);
        return capacity <= 0 ? 0 : available / capacity / (1 + candidate.Load);
    }

    private static VolumeId ChooseVolume(Candidate candidate, int chunkSize) => candidate.Volumes
        .Where(volume => volume.Fits(chunkSize))
        .MaxBy(volume => volume.AvailableBytes / (double)(1 + volume.Placed))!
        .Volume;
}
