using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;

namespace DfsNet.MetaServer.Cluster;

/// <summary>What a census counted.</summary>
internal sealed record CensusResult
{
    public static readonly CensusResult None = new();

    /// <summary>Chunks with fewer good reachable replicas than wanted.</summary>
    public ulong UnderReplicated { get; set; }

    /// <summary>Chunks without any that can be read.</summary>
    public ulong Unavailable { get; set; }

    /// <summary>Chunks that one more failure would lose, though more replicas are wanted of them.</summary>
    public ulong Endangered { get; set; }

    public ulong EndangeredBytes { get; set; }

    /// <summary>What copies have to carry until everything has its replicas.</summary>
    public ulong MissingBytes { get; set; }

    public void Count(ChunkStanding standing)
    {
        ulong length = standing.Record.CommittedLength;
        UnderReplicated += standing.Lacks > 0 ? 1UL : 0;
        Unavailable += standing.Readable == 0 ? 1UL : 0;
        MissingBytes += standing.Readable == 0 ? 0 : length * (ulong)standing.Lacks;
        if (standing.Safe <= 1 && standing.Readable > 0 && standing.Record.Replication > 1)
        {
            Endangered++;
            EndangeredBytes += length;
        }
    }
}

/// <summary>
/// Counts chunks that lack replicas, by a scan that somebody who asks starts and all who ask meanwhile share. A death of a server changes
/// the standing of all its chunks at once, so counting when asked is cheaper than keeping the counts.
/// </summary>
internal sealed class ReplicaCensus(Func<IStateSnapshot> openSnapshot, ServerTable servers, BadReplicas bad, TimeProvider time)
{
    // A page of status asked for by several people costs one scan a second.
    private static readonly TimeSpan ValidFor = TimeSpan.FromSeconds(1);

    // A scan of millions of chunks uses at most a tenth of a core, however often it is asked for.
    private const int RestPerScan = 10;

    // Others get their turn in between.
    private const int ChunksPerStep = 2_000;

    // Guards _running, _last and the two times.
    private readonly Lock _lock = new();
    private Task<CensusResult>? _running;
    private CensusResult _last = CensusResult.None;
    private long _endedAt;
    private TimeSpan _validFor = TimeSpan.Zero;

    /// <summary>A count not older than a second, or, where counting takes longer than <paramref name="patience"/>, the last one.</summary>
    public async Task<CensusResult> CountAsync(TimeSpan patience, CancellationToken cancellation)
    {
        Task<CensusResult> running;
        lock (_lock)
        {
            if (_running is null && time.GetElapsedTime(_endedAt) < _validFor)
            {
                return _last;
            }

            running = _running ??= Task.Run(ScanAsync, CancellationToken.None);
        }

        try
        {
            return await running.WaitAsync(patience, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                return _last;
            }
        }
    }

    private async Task<CensusResult> ScanAsync()
    {
        long began = time.GetTimestamp();
        try
        {
            var result = await CountAsync().ConfigureAwait(false);
            lock (_lock)
            {
                _last = result;
            }

            return result;
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
                _endedAt = time.GetTimestamp();
                var rest = time.GetElapsedTime(began) * RestPerScan;
                _validFor = rest > ValidFor ? rest : ValidFor;
            }
        }
    }

    private async Task<CensusResult> CountAsync()
    {
        var result = new CensusResult();
        int step = 0;
        var health = servers.Health();
        using var snapshot = openSnapshot();
        foreach (var (chunk, record) in StateReader.Chunks(snapshot, new ChunkId(0)))
        {
            if (++step % ChunksPerStep == 0)
            {
                await Task.Yield();
            }

            if (ChunkStanding.Holds(record))
            {
                result.Count(ChunkStanding.Of(chunk, record, StateReader.Replicas(snapshot, chunk), health, bad));
            }
        }

        return result;
    }
}
