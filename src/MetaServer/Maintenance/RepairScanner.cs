using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Finds chunks that need repair: those that something just happened to, then those of servers that something happened to, then, at its
/// leisure, all of them in turn.
/// </summary>
internal sealed class RepairScanner(
    IStateStore store, ServerTable servers, BadReplicas bad, OpenChunks open, RepairDesk desk, TimeProvider time)
    : IWorker
{
    private const int ChunksPerStep = 500;

    // A round over millions of chunks uses a twentieth of a core.
    private const int RestPerStep = 20;
    private static readonly TimeSpan RestMin = TimeSpan.FromMilliseconds(100);

    // Everything that happens is looked at when it does; a round finds what was missed.
    private static readonly TimeSpan RestPerRound = TimeSpan.FromSeconds(5);

    // Longer than a client remembers what failed it: before that it might begin its next chunk with as few members.
    private static readonly TimeSpan ShortMax = TimeSpan.FromMinutes(1);

    private readonly RepairQueue _queue = desk.Queue;
    private readonly RepairSweeps _sweeps = desk.Sweeps;
    private CensusResult _counting = new();
    private ServerId _server;
    private ChunkId _ofServer;
    private ChunkId _next;
    private bool _isHasty;
    private long _hastyAt;
    private TimeSpan _hastyTime;
    private TimeSpan _hastyPause;
    private TimeSpan _rest = RestMin;
    private long _rounds;

    public string Name => "find what needs repair";

    public string Status => $"{Interlocked.Read(ref _rounds)} rounds over all chunks";

    public Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        using var snapshot = store.OpenSnapshot();
        var health = servers.Health();
        bool more = LookAtSuspects(snapshot, health) | ScanServer(snapshot, health);
        if (more)
        {
            return GoOnAsync();
        }

        _isHasty |= time.GetElapsedTime(_hastyAt) >= _hastyPause && _sweeps.TakeAll();
        bool isRound = ScanStep(snapshot, health);
        _hastyTime += _isHasty ? time.GetElapsedTime(began) : TimeSpan.Zero;
        if (_isHasty && !isRound)
        {
            return GoOnAsync();
        }

        if (_isHasty)
        {
            // Servers that come and go all the time must not keep it busy all the time.
            (_isHasty, _hastyAt, _hastyPause, _hastyTime) = (false, time.GetTimestamp(), _hastyTime * RestPerStep, TimeSpan.Zero);
        }

        var rest = time.GetElapsedTime(began) * RestPerStep;
        _rest = isRound ? RestPerRound : rest > RestMin ? rest : RestMin;
        return Task.FromResult(WorkResult.Idle);
    }

    /// <summary>Looks up now and then for what cannot wait, however long it rests.</summary>
    public async Task WaitForWorkAsync(CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        do
        {
            await Task.Delay(RestMin, time, cancellation).ConfigureAwait(false);
        }
        while (time.GetElapsedTime(began) < _rest && !IsWanted());
    }

    /// <summary>There is more, and others get their turn before.</summary>
    private static async Task<WorkResult> GoOnAsync()
    {
        await Task.Yield();
        return WorkResult.Busy;
    }

    private bool IsWanted() => _queue.HasSuspects || _sweeps.HasServers
        || (_sweeps.IsAllWanted && time.GetElapsedTime(_hastyAt) >= _hastyPause);

    private bool LookAtSuspects(IStateReads reads, ServerHealth health)
    {
        var suspects = _queue.TakeSuspects(ChunksPerStep);
        foreach (var chunk in suspects)
        {
            if (StateReader.Chunk(reads, chunk) is { } record)
            {
                Look(reads, chunk, record, health);
            }
        }

        return suspects.Count > 0;
    }

    private bool ScanServer(IStateReads reads, ServerHealth health)
    {
        if (_server == ServerId.None && !_sweeps.TryTake(out _server))
        {
            return false;
        }

        int count = 0;
        foreach (var (chunk, _) in StateReader.ReplicasOf(reads, _server, _ofServer))
        {
            if (StateReader.Chunk(reads, chunk) is { } record)
            {
                Look(reads, chunk, record, health);
            }

            _ofServer = chunk;
            if (++count == ChunksPerStep)
            {
                return true;
            }
        }

        (_server, _ofServer) = (ServerId.None, default);
        return true;
    }

    /// <summary>True when a round is complete.</summary>
    private bool ScanStep(IStateReads reads, ServerHealth health)
    {
        if (_next == default)
        {
            desk.Brake.RoundBegins();
        }

        int count = 0;
        foreach (var (chunk, record) in StateReader.Chunks(reads, _next))
        {
            var standing = Look(reads, chunk, record, health);
            if (standing.Matters)
            {
                _counting.Count(standing);
            }

            _next = chunk;
            if (++count == ChunksPerStep)
            {
                return false;
            }
        }

        desk.Brake.RoundEnded(_counting.MissingBytes == 0 && _counting.Unavailable == 0);
        (_next, desk.Counted, _counting) = (default, _counting, new CensusResult());
        Interlocked.Increment(ref _rounds);
        return true;
    }

    private ChunkStanding Look(IStateReads reads, ChunkId chunk, ChunkRecord record, ServerHealth health)
    {
        var standing = ChunkStanding.Of(chunk, record, StateReader.Replicas(reads, chunk), health, bad);
        if (record.State == ChunkState.Open)
        {
            if (standing.Rows.Any(row => row.Worth is not (ReplicaWorth.Good or ReplicaWorth.Proven)))
            {
                open.RequestSeal(chunk);
            }
            else if (standing is { Matters: true, ToMake: > 0 } && HasPlaceFor(standing))
            {
                open.RequestSealAfter(chunk, ShortMax);
            }
        }
        else if (standing.Matters && standing.ToMake > 0 && standing.Readable > 0)
        {
            _queue.Add(chunk, standing.Safe);
        }
        else if (standing.Matters && (standing.NeedsTrimming || (standing.ToMake == 0 && standing.IsCrowded(health))))
        {
            _queue.Add(chunk, RepairQueue.NotEndangered);
        }

        return standing;
    }

    private bool HasPlaceFor(ChunkStanding standing) => servers.Candidates().Any(candidate =>
        candidate.CanTake((int)standing.Record.CommittedLength) && standing.Rows.All(row => row.Server != candidate.Server));
}
