using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Placement;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Decides which chunks go from full servers to empty ones, a few at a time and within a budget of bytes for each server; the repairer
/// carries it out. It rests while anything is missing: repair goes first.
/// </summary>
internal sealed class Balancer(
    IStateStore store, ServerTable servers, BadReplicas bad, RepairDesk desk, TickCounter ticks, BalancePolicy policy, Proposer proposer,
    long bytesPerSecond, TimeProvider time)
    : IWorker
{
    // One that copies and one that is dropped keep a server busy all the time.
    private const int MovesPerServer = 2;

    // Most of a full server's chunks fit; one that does not is passed over.
    private const int LooksPerMove = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<ServerId, long> _restsUntil = [];
    private readonly Dictionary<ServerId, ChunkId> _cursors = [];
    private bool _isUnderWay;

    public string Name => "balance";

    public string Status => $"{desk.Moves.Done} moves done, {desk.Moves.Count} under way";

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        if (desk.Balance.IsStopped || desk.Brake.IsActive || desk.Queue.HasEndangered)
        {
            return WorkResult.Idle;
        }

        // One whose turn has passed without effect has another, or is dropped then.
        foreach (var chunk in desk.Moves.Chunks())
        {
            desk.Queue.Add(chunk, RepairQueue.NotEndangered);
        }

        var candidates = servers.Candidates();
        var fills = candidates.Select(FillOf).ToList();
        bool isAsked = desk.Balance.IsAsked;
        desk.Balance.View = policy.View(fills, _isUnderWay, isAsked);
        if (policy.Choose(fills, _isUnderWay, isAsked, IsFree) is { } move)
        {
            _isUnderWay = true;
            bool isFound = TryMove(move.From, candidates.First(candidate => candidate.Server == move.To));
            return isFound ? WorkResult.Busy : WorkResult.Idle;
        }

        if (desk.Moves.Count == 0 && policy.Choose(fills, _isUnderWay, isAsked, _ => true) is null)
        {
            _isUnderWay = false;
            if (isAsked)
            {
                await proposer.ProposeAsync(new Command { SetWishes = new SetWishes { Even = true } }, cancellation).ConfigureAwait(false);
            }

            desk.Balance.View = policy.View(fills, isUnderWay: false, isAsked: false);
        }

        return WorkResult.Idle;
    }

    public Task WaitForWorkAsync(CancellationToken cancellation) => Task.Delay(Pause, time, cancellation);

    private bool IsFree(ServerId server) =>
        _restsUntil.GetValueOrDefault(server) <= ticks.Now && desk.Moves.CountOf(server) < MovesPerServer;

    private ServerFill FillOf(Candidate server)
    {
        double shift = desk.Moves.ShiftOf(server.Server);
        return new ServerFill(server.Server, Math.Max(0, server.StoredBytes() + shift), server.StoredBytes() + server.AvailableBytes());
    }

    private bool TryMove(ServerId from, Candidate target)
    {
        using var snapshot = store.OpenSnapshot();
        var health = servers.Health();
        int looks = 0;
        foreach (var (chunk, _) in StateReader.ReplicasOf(snapshot, from, _cursors.GetValueOrDefault(from)))
        {
            _cursors[from] = chunk;
            if (StateReader.Chunk(snapshot, chunk) is { State: ChunkState.Sealed } record
                && BalancePolicy.MayMove(
                    ChunkStanding.Of(chunk, record, StateReader.Replicas(snapshot, chunk), health, bad), from, target, health)
                && desk.Moves.TryAdd(chunk, new ChunkMove(from, target.Server, record.CommittedLength)))
            {
                Spend(from, record.CommittedLength);
                Spend(target.Server, record.CommittedLength);
                desk.Queue.Add(chunk, RepairQueue.NotEndangered);
                return true;
            }

            if (++looks >= LooksPerMove)
            {
                return false;
            }
        }

        // Begin again; until then this server has nothing that fits.
        _cursors.Remove(from);
        _restsUntil[from] = ticks.Now + ticks.Of(Pause);
        return false;
    }

    private void Spend(ServerId server, uint bytes)
    {
        long rest = bytesPerSecond == 0 ? 0 : ticks.Of(TimeSpan.FromSeconds(bytes / (double)bytesPerSecond));
        _restsUntil[server] = Math.Max(_restsUntil.GetValueOrDefault(server), ticks.Now) + rest;
    }
}
