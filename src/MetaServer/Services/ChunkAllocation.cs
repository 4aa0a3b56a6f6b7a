using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Placement;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>
/// Gives a session a new chunk: chooses servers, commits the choice, answers with the chain. A repeated call gets the first call's chunk,
/// whatever would be chosen now.
/// </summary>
internal sealed class ChunkAllocation(
    IStateStore store, Proposer proposer, SessionTable sessions, ServerTable servers, ClusterRecord cluster, Random random,
    TimeProvider time)
{
    // Saves a round of questions while servers register. Shorter than any sensible deadline of a call: a client with more patience asks
    // again, and one with less is told TooFewServers instead of running into its own time limit.
    private static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan WaitStep = TimeSpan.FromMilliseconds(100);

    // Guards random: calls run beside each other, and a Random is not made for that.
    private readonly Lock _randomLock = new();

    public async Task<AllocateChunkReply> AllocateAsync(AllocateChunkRequest request, CancellationToken cancellation)
    {
        RequestChecks.Check(request);
        var session = new SessionId(request.Request.SessionId);
        sessions.Touch(session);
        if (FindFormer(session, request.Request.Sequence) is { } former)
        {
            return Answer(former, Recall(new ChunkId(former.ChunkId), request.ClientHost));
        }

        var chain = await ChooseAsync(request, cancellation).ConfigureAwait(false);
        var allocate = new AllocateChunk { Replication = ReplicationOf(request) };
        allocate.Placements.AddRange(
            chain.Select(place => new ChunkPlacement { ServerId = place.Server.Value, VolumeId = place.Volume.Value }));
        var committed = await proposer.ProposeAsync(new Command { Request = request.Request, AllocateChunk = allocate }, cancellation)
            .ConfigureAwait(false);
        var result = Require(committed.Result);
        bool isMine = result.Generation == committed.Index;
        return Answer(result, isMine ? chain : Recall(new ChunkId(result.ChunkId), request.ClientHost));
    }

    private static CommandResult Require(CommandResult result) =>
        result.Error == ErrorCode.Unspecified ? result : throw new DfsException(result.Error, "allocate chunk", result.Message);

    private uint ReplicationOf(AllocateChunkRequest request) => request.Replication == 0 ? cluster.Replication : request.Replication;

    private CommandResult? FindFormer(SessionId session, ulong sequence)
    {
        using var snapshot = store.OpenSnapshot();
        return StateReader.Result(snapshot, session, sequence) is { } kept ? Require(kept) : null;
    }

    private async Task<IReadOnlyList<ReplicaPlace>> ChooseAsync(AllocateChunkRequest request, CancellationToken cancellation)
    {
        uint replication = ReplicationOf(request);
        var wish = new PlacementRequest(
            (int)replication,
            (int)Math.Min(cluster.MinReplicas, replication),
            (int)cluster.ChunkSize,
            FailedOf(request),
            request.ClientHost);
        long began = time.GetTimestamp();
        while (IsShortForNow(wish) && time.GetElapsedTime(began) < WaitMax)
        {
            await Task.Delay(WaitStep, time, cancellation).ConfigureAwait(false);
        }

        while (true)
        {
            try
            {
                return Choose(wish);
            }
            catch (DfsException error) when (error.Code == ErrorCode.TooFewServers && time.GetElapsedTime(began) < WaitMax)
            {
                await Task.Delay(WaitStep, time, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What failed the client; without a volume: a whole server, as all are that an older client tells of.</summary>
    private static List<ReplicaPlace> FailedOf(AllocateChunkRequest request) =>
    [
        .. request.FailedServers.Select((server, at) => new ReplicaPlace(
            new ServerId(server), new VolumeId(request.FailedVolumes.ElementAtOrDefault(at)))),
    ];

    /// <summary>
    /// Fewer servers than wanted, while others of the record are still to register with a node that has just begun: a chunk placed now
    /// would lack a replica for as long as it lives.
    /// </summary>
    private bool IsShortForNow(PlacementRequest wish) =>
        servers.AreAwaited() && servers.Candidates().Count(candidate => candidate.CanTake(wish.ChunkSize)) < wish.Replication;

    private IReadOnlyList<ReplicaPlace> Choose(PlacementRequest wish)
    {
        IReadOnlyList<ReplicaPlace> chain;
        lock (_randomLock)
        {
            chain = PlacementPolicy.Choose(wish, servers.Candidates(), servers.SlowCandidates(), random);
        }

        foreach (var place in chain)
        {
            servers.NotePlaced(place.Server, place.Volume);
        }

        return chain;
    }

    /// <summary>
    /// The chain of a chunk that was allocated before: its rows, the client's own host first. Refused when the chunk was sealed meanwhile,
    /// because its owner did not answer; being empty, it is gone.
    /// </summary>
    private List<ReplicaPlace> Recall(ChunkId chunk, string clientHost)
    {
        using var snapshot = store.OpenSnapshot();
        if (StateReader.Chunk(snapshot, chunk) is not { State: ChunkState.Open })
        {
            throw new DfsException(ErrorCode.ChunkSealed, "allocate chunk", $"chunk {chunk} was taken back before its owner heard of it");
        }

        return [.. StateReader.Replicas(snapshot, chunk)
            .Where(row => !row.Record.Leaving)
            .Select(row => new ReplicaPlace(row.Server, new VolumeId(row.Record.VolumeId)))
            .OrderBy(
                place =>
                    clientHost.Length > 0
                        && servers.AddressOf(place.Server)?.Address.StartsWith(clientHost + ":", StringComparison.Ordinal) == true
                        ? 0
                        : 1)];
    }

    private AllocateChunkReply Answer(CommandResult result, IReadOnlyList<ReplicaPlace> chain)
    {
        var reply = new AllocateChunkReply { ChunkId = result.ChunkId, Generation = result.Generation };
        foreach (var place in chain)
        {
            reply.Chain.Add(new ReplicaLocation
            {
                ServerId = place.Server.Value,
                VolumeId = place.Volume.Value,
                Generation = result.Generation,
            });
            if (servers.AddressOf(place.Server) is { } address)
            {
                reply.Servers.Add(address);
            }
        }

        return reply;
    }
}
