using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Placement;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Repair;

/// <summary>What a plan may count on at one moment.</summary>
/// <param name="Health">How servers are.</param>
/// <param name="Candidates">Servers that take chunks.</param>
/// <param name="Slots">Who is busy with copies already.</param>
/// <param name="Moves">What is to go from one server to another.</param>
/// <param name="IsBraked">So much failed at once that only last copies are repaired, and nothing is removed.</param>
/// <param name="MayDrop">Replicas may be removed at all.</param>
internal sealed record RepairView(
    ServerHealth Health, IReadOnlyList<Candidate> Candidates, CopySlots Slots, ChunkMoves Moves, bool IsBraked, bool MayDrop)
{
    /// <summary>Volumes that are left out for being slow: better there than nowhere.</summary>
    public IReadOnlyList<Candidate> Slow { get; init; } = [];
}

/// <summary>
/// The policy of repair: makes what is missing, then drops what is bad, what is on a server being emptied, and what is too much. One step
/// at a time for each chunk; a replica is only dropped when enough proven ones stay. Pure.
/// </summary>
internal static class RepairPlanner
{
    // A quarantined replica is kept for people to look at as long as its chunk has no second good one, unless its place is needed.
    private const int GoodBesideBadMin = 2;

    public static RepairDecision Plan(ChunkId chunk, ChunkStanding standing, RepairView view, Random random)
    {
        if (standing.Record.State != ChunkState.Sealed || !standing.Matters)
        {
            return RepairDecision.Nothing;
        }

        if (standing.ToMake > 0)
        {
            return Make(chunk, standing, view, random);
        }

        return view.MayDrop ? Drop(chunk, standing, view, random) : RepairDecision.Nothing;
    }

    private static RepairDecision Make(ChunkId chunk, ChunkStanding standing, RepairView view, Random random)
    {
        bool isUrgent = standing.Safe <= 1;
        if (standing.Readable == 0 || (view.IsBraked && !isUrgent))
        {
            return RepairDecision.Nothing;
        }

        int length = (int)standing.Record.CommittedLength;
        var able = AbleOf(view.Candidates, standing);
        able = able.Count > 0 ? able : AbleOf(view.Slow, standing);
        if (able.Count == 0)
        {
            return view.MayDrop && DropBad(chunk, standing, goodMin: 1) is { } makesRoom ? makesRoom : RepairDecision.NoPlace;
        }

        var sources = SourcesOf(standing, view);
        var free = able.FindAll(candidate => view.Slots.CanReceive(candidate.Server));
        if (free.Count == 0 || sources.Count == 0)
        {
            return RepairDecision.Later;
        }

        var taken = standing.Rows.Where(row => row.Worth >= ReplicaWorth.Awaited)
            .Select(row => view.Health.ConditionOf(row.Server).Domain).ToHashSet(StringComparer.Ordinal);
        var elsewhere = free.FindAll(candidate => !taken.Contains(candidate.DomainOrHost));
        var target = Candidate.BetterOfTwo(elsewhere.Count > 0 ? elsewhere : free, random);
        return new MakeReplica(
            chunk, standing.Record, new ReplicaPlace(target.Server, target.RoomiestVolume(length)), sources, isUrgent);
    }

    private static List<Candidate> AbleOf(IReadOnlyList<Candidate> candidates, ChunkStanding standing)
    {
        int length = (int)standing.Record.CommittedLength;
        return [.. candidates.Where(candidate =>
            candidate.CanTake(length) && standing.Rows.All(row => row.Server != candidate.Server))];
    }

    /// <summary>
    /// Those that read best first: idle and well ones, slow ones, suspects, then failed volumes. Empty while all of the better kind are
    /// busy.
    /// </summary>
    private static List<ServerId> SourcesOf(ChunkStanding standing, RepairView view)
    {
        var least = standing.Safe > 0 ? ReplicaWorth.Departing : ReplicaWorth.Failing;
        return standing.Rows.Any(row => row.Worth >= least && view.Slots.CanSend(row.Server))
            ? [.. standing.Rows
                .Where(row => row.Worth >= ReplicaWorth.Failing)
                .OrderBy(row => row.Worth < least)
                .ThenBy(row => !view.Slots.CanSend(row.Server))
                .ThenBy(row => view.Health.Of(row.Server) != ServerState.Healthy)
                .ThenBy(row => view.Health.IsSlow(new ReplicaPlace(row.Server, new VolumeId(row.Record.VolumeId))))
                .ThenBy(row => view.Slots.SendingFrom(row.Server))
                .Select(row => row.Server)]
            : [];
    }

    private static RepairDecision Drop(ChunkId chunk, ChunkStanding standing, RepairView view, Random random)
    {
        int wanted = (int)standing.Record.Replication;
        if (DropBad(chunk, standing, Math.Min(GoodBesideBadMin, wanted)) is { } bad)
        {
            return bad;
        }

        if (standing.Proven < wanted)
        {
            return RepairDecision.Nothing;
        }

        var departing = standing.Rows.FirstOrDefault(row => row.Worth == ReplicaWorth.Departing);
        if (departing.Record is not null)
        {
            return new DropReplica(chunk, departing.Server, new Generation(departing.Record.Generation));
        }

        return view.IsBraked ? RepairDecision.Nothing
            : standing.Proven > wanted ? DropSurplus(chunk, standing, view)
            : view.Moves.Of(chunk) is { } move ? Move(chunk, standing, view, move)
            : standing.IsCrowded(view.Health) ? Spread(chunk, standing, view, random)
            : RepairDecision.Nothing;
    }

    /// <summary>
    /// Replicas that share a domain while others have none of the chunk, as after a repair without a better place: one of them is moved.
    /// </summary>
    private static RepairDecision Spread(ChunkId chunk, ChunkStanding standing, RepairView view, Random random)
    {
        var perDomain = PerDomain(standing, view);
        var able = AbleOf(view.Candidates, standing).FindAll(candidate => !perDomain.ContainsKey(candidate.DomainOrHost));
        if (able.Count == 0)
        {
            return RepairDecision.Nothing;
        }

        var from = standing.Rows.First(row =>
            row.Worth == ReplicaWorth.Proven && perDomain[view.Health.ConditionOf(row.Server).Domain] > 1);
        var move = new ChunkMove(from.Server, Candidate.BetterOfTwo(able, random).Server, standing.Record.CommittedLength);
        return view.Moves.TryAdd(chunk, move) ? Move(chunk, standing, view, move) : RepairDecision.Nothing;
    }

    /// <summary>How many proven replicas each fault domain has.</summary>
    private static Dictionary<string, int> PerDomain(ChunkStanding standing, RepairView view) => standing.Rows
        .Where(row => row.Worth == ReplicaWorth.Proven)
        .CountBy(row => view.Health.ConditionOf(row.Server).Domain, StringComparer.Ordinal)
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>A chunk that has all its replicas gets one more where it is to go; the one it comes from is then surplus.</summary>
    private static RepairDecision Move(ChunkId chunk, ChunkStanding standing, RepairView view, ChunkMove move)
    {
        int length = (int)standing.Record.CommittedLength;
        var target = view.Candidates.FirstOrDefault(candidate => candidate.Server == move.To && candidate.CanTake(length));
        bool isPossible = target is not null && standing.Rows.All(row => row.Server != move.To)
            && standing.Rows.Any(row => row.Server == move.From && row.Worth == ReplicaWorth.Proven);
        if (!isPossible)
        {
            view.Moves.Drop(chunk);
            return RepairDecision.Nothing;
        }

        var sources = SourcesOf(standing, view);
        return view.Slots.CanReceive(move.To) && sources.Count > 0
            ? new MakeReplica(
                chunk, standing.Record, new ReplicaPlace(move.To, target!.RoomiestVolume(length)), sources, IsUrgent: false)
            : RepairDecision.Later;
    }

    private static DropReplica? DropBad(ChunkId chunk, ChunkStanding standing, int goodMin)
    {
        var bad = standing.Good >= goodMin ? standing.Rows.FirstOrDefault(row => row.Worth == ReplicaWorth.Bad) : default;
        return bad.Record is null ? null : new DropReplica(chunk, bad.Server, new Generation(bad.Record.Generation));
    }

    /// <summary>The one that was to move, then one that shares its domain with another, then the one on the fullest server.</summary>
    private static DropReplica DropSurplus(ChunkId chunk, ChunkStanding standing, RepairView view)
    {
        var proven = standing.Rows.Where(row => row.Worth == ReplicaWorth.Proven).ToList();
        var perDomain = PerDomain(standing, view);
        var fill = view.Candidates.ToDictionary(candidate => candidate.Server, candidate => candidate.Fill());
        var from = view.Moves.Of(chunk)?.From;
        var victim = proven
            .OrderByDescending(row => row.Server == from)
            .ThenByDescending(row => perDomain[view.Health.ConditionOf(row.Server).Domain] > 1)
            .ThenByDescending(row => fill.GetValueOrDefault(row.Server, 1))
            .ThenBy(row => row.Server)
            .First();
        return new DropReplica(chunk, victim.Server, new Generation(victim.Record.Generation));
    }
}
