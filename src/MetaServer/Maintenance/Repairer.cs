using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Connections;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Works off the repair queue: has copies made from many servers to many, and lets go of replicas that are no use. Everything it knows
/// is in the record or found again, so a new leader goes on where the last one stopped.
/// </summary>
internal sealed partial class Repairer(
    IStateStore store, ServerTable servers, BadReplicas bad, RepairDesk desk, ReplicaChanges changes, CopyCalls calls, Proposer proposer,
    bool isProtected, TimeProvider time, Random random, ILogger log)
    : IWorker
{
    // Enough for all servers of a large cluster at once; each costs a call that waits.
    private const int RunningMax = 1_000;

    // Chunks whose servers are busy are passed over; looking at more of them finds little.
    private const int PassedOverMax = 64;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    private readonly List<Task> _running = [];

    public string Name => "repair";

    public string Status => $"{desk.Slots.Running} copies under way, {desk.Queue.Count} chunks wait, {desk.Meter.Copies} copies made";

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        foreach (var ended in _running.Where(task => task.IsCompleted).ToList())
        {
            _running.Remove(ended);
            await ended.ConfigureAwait(false);
        }

        if (!IsAllowed())
        {
            return WorkResult.Idle;
        }

        desk.Queue.Arm();
        if (desk.Queue.Tidy())
        {
            desk.Sweeps.WantAll();
        }

        Pass(cancellation);
        return WorkResult.Idle;
    }

    /// <summary>A copy that ends frees servers for the next; the rest is for what comes without a signal.</summary>
    public async Task WaitForWorkAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(desk.Queue.WaitAsync(ending.Token), Task.Delay(LookAgain, time, ending.Token)).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }

    private bool IsAllowed()
    {
        if (StateReader.Cluster(store)!.FeatureLevel >= FeatureLevels.Repair)
        {
            desk.Alarms.Clear("repair-level");
            return true;
        }

        desk.Alarms.Raise(
            "repair-level",
            "nothing is repaired at this feature level: when all metadata servers run this version, say 'dfs admin meta finalize'");
        return false;
    }

    private void Pass(CancellationToken cancellation)
    {
        using var snapshot = store.OpenSnapshot();
        var view = new RepairView(servers.Health(), servers.Candidates(), desk.Slots, desk.Moves, desk.Brake.IsActive, !isProtected)
        {
            Slow = servers.SlowCandidates(),
        };
        var passedOver = new Stack<(ChunkId Chunk, int Level)>();
        while (passedOver.Count < PassedOverMax && _running.Count < RunningMax && desk.Queue.Take() is { } next)
        {
            switch (Decide(snapshot, next.Chunk, view))
            {
                case MakeReplica copy:
                    _running.Add(CopyAsync(copy, next.Level, new Generation(snapshot.AppliedIndex), cancellation));
                    view = view with { Candidates = servers.Candidates(), Slow = servers.SlowCandidates() };
                    break;
                case DropReplica drop:
                    desk.Queue.Settling(next.Chunk);
                    changes.Leave(drop.Server, drop.Chunk, drop.Generation);
                    break;
                case var decision when decision == RepairDecision.Later:
                    passedOver.Push(next);
                    break;
                case var decision when decision == RepairDecision.NoPlace:
                    // It is found again by the next round, or when a server comes.
                    desk.NoteNoPlace();
                    desk.Queue.Done(next.Chunk);
                    break;
                default:
                    desk.Queue.Done(next.Chunk);
                    break;
            }
        }

        while (passedOver.TryPop(out var waiting))
        {
            desk.Queue.PutBack(waiting.Chunk, waiting.Level);
        }
    }

    private RepairDecision Decide(IStateSnapshot snapshot, ChunkId chunk, RepairView view) =>
        StateReader.Chunk(snapshot, chunk) is { } record
            ? RepairPlanner.Plan(
                chunk, ChunkStanding.Of(chunk, record, StateReader.Replicas(snapshot, chunk), view.Health, bad), view, random)
            : RepairDecision.Nothing;

    private async Task CopyAsync(MakeReplica copy, int level, Generation generation, CancellationToken cancellation)
    {
        var (target, volume) = copy.Target;
        var source = copy.Sources[0];
        desk.Slots.Take(source, target);
        desk.Meter.Began();
        servers.NotePlaced(target, volume);
        try
        {
            var made = await calls.CopyAsync(
                servers.AddressOf(target)?.Address ?? throw Removed(target), RequestOf(copy, generation), cancellation)
                .ConfigureAwait(false);
            desk.Meter.Copied(copy.Record.CommittedLength);
            desk.Queue.Settling(copy.Chunk);
            changes.Arrive(new AddedReplica
            {
                ChunkId = copy.Chunk.Value,
                ServerId = target.Value,
                VolumeId = made.VolumeId,
                Generation = made.Generation,
            });
        }
        catch (DfsException error)
        {
            CopyFailed(copy.Chunk, target, error.Code, error.Message);
            if (error.Code is not (ErrorCode.ChecksumMismatch or ErrorCode.ChunkNotFound or ErrorCode.AlreadyExists))
            {
                desk.Slots.Avoid(target);
            }

            desk.Queue.Failed(copy.Chunk, level);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // This node leads no more; the next leader finds the chunk again.
        }
        finally
        {
            desk.Slots.Release(source, target);
            desk.Queue.Wake();
        }
    }

    private static DfsException Removed(ServerId server) =>
        new(ErrorCode.NotFound, "copy a chunk", $"server {server} was taken out of the cluster meanwhile");

    private CopyFromRequest RequestOf(MakeReplica copy, Generation generation)
    {
        var request = new CopyFromRequest
        {
            ChunkId = copy.Chunk.Value,
            Generation = generation.Value,
            VolumeId = copy.Target.Volume.Value,
            Length = copy.Record.CommittedLength,
            Digest = copy.Record.CommittedDigest,
            Term = proposer.Term,
            Urgent = copy.IsUrgent || desk.Pace.IsHurried,
        };
        request.Sources.AddRange(copy.Sources.Select(source => servers.AddressOf(source)?.Address).OfType<string>());
        return request;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A copy of chunk {Chunk} to server {Target} failed: {Code}, {Reason}")]
    private partial void CopyFailed(ChunkId chunk, ServerId target, ErrorCode code, string reason);
}
