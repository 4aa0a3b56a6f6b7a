using System.Globalization;
using DfsNet.Devices.Time;
using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Maintenance;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.MetaServer.Tests.Repair;

/// <summary>
/// Looking for what needs repair among very many chunks, in the store of production: what it finds, that it writes nothing, and, with
/// DFS_TEST_LARGE=1 and a million chunks, how much of a core it takes.
/// </summary>
public sealed class ManyChunksTests : IAsyncDisposable
{
    private const int Servers = 10;
    private const int Replicas = 3;
    private const int ChunksPerBatch = 5_000;
    private const uint Length = 64 * 1024 * 1024;

    private static readonly bool IsLarge = Environment.GetEnvironmentVariable("DFS_TEST_LARGE") == "1";
    private static readonly int Chunks = IsLarge ? 1_000_000 : 5_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("dfs-test-").FullName;
    private readonly TickCounter _ticks = new(new ManualTimeProvider(), TimeSpan.FromMilliseconds(100));
    private readonly MetaServerOptions _options = new() { Data = "unused" };
    private readonly RocksDbStateStore _store;
    private readonly ServerTable _servers;
    private readonly RepairDesk _desk;
    private readonly RepairScanner _scanner;

    public ManyChunksTests()
    {
        _store = RocksDbStateStore.Open(Path.Combine(_folder, "store"), new RocksDbStateStoreOptions());
        var alarms = new Alarms(new EventLog(new ManualTimeProvider()), NullLogger.Instance);
        _servers = new ServerTable(
            _ticks, new SlowVolumes(_ticks, alarms), _options.SuspectAfter, _options.DeadAfter, _options.RepairGrace);
        _desk = new RepairDesk(_ticks, alarms, _options);
        _scanner = new RepairScanner(
            _store, _servers, new BadReplicas(_ticks, alarms), new OpenChunks(_ticks, _options.SessionTimeout), _desk, TimeProvider.System);
    }

    [Fact]
    public async Task What_a_lost_server_had_is_found_without_writing_anything_and_a_quiet_cluster_costs_little()
    {
        Fill();
        ulong index = _store.AppliedIndex;
        await RoundAsync();
        Assert.Equal(0, _desk.Queue.Count);
        await MeasureAsync("looking at all of them in turn", IsLarge ? TimeSpan.FromSeconds(60) : TimeSpan.FromSeconds(1));

        LoseServer();
        var before = Environment.CpuUsage.TotalTime;
        long began = TimeProvider.System.GetTimestamp();
        int lost = Chunks * Replicas / Servers;
        // What does not fit into the queue is found again when there is room.
        await UntilAsync(() => _desk.Queue.Count >= Math.Min(lost, RepairQueue.KeptMax) && !_desk.Sweeps.HasServers);

        Say($"a lost server with {lost} replicas: known after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s, "
            + $"{(Environment.CpuUsage.TotalTime - before).TotalSeconds:0.0} core-seconds, {_store.AppliedIndex - index} entries written");
        Assert.Equal(Math.Min(lost, RepairQueue.KeptMax), _desk.Queue.Count);
        Assert.Equal(index, _store.AppliedIndex);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Chunk i lies on three neighbours of a ring of ten servers.</summary>
    private void Fill()
    {
        for (ulong server = 1; server <= Servers; server++)
        {
            var id = new ServerId(server);
            _servers.Put(id, new ServerRecord { Address = $"host{server}:1", VolumeIds = { server } });
            Assert.True(_servers.TryClaim(id, server, "", [Volume(server)], out _));
        }

        for (int first = 0; first < Chunks; first += ChunksPerBatch)
        {
            _store.Apply((ulong)(first / ChunksPerBatch) + 1, [.. Enumerable.Range(first + 1, ChunksPerBatch).SelectMany(RowsOf)]);
        }
    }

    private static IEnumerable<KeyValuePair<byte[], byte[]?>> RowsOf(int number)
    {
        var chunk = new ChunkId((ulong)number);
        yield return new(Keys.Chunk(chunk).Bytes, Records.Encode(new ChunkRecord
        {
            State = ChunkState.Sealed,
            Replication = Replicas,
            CommittedLength = Length,
            LiveBytes = Length,
            References = 1,
            Generation = 1,
            Replicas = Replicas,
        }));
        for (int replica = 0; replica < Replicas; replica++)
        {
            var server = new ServerId((ulong)(((number + replica) % Servers) + 1));
            yield return new(
                Keys.Replica(chunk, server).Bytes, Records.Encode(new ReplicaRecord { VolumeId = server.Value, Generation = 1 }));
            yield return new(Keys.ServerReplica(server, chunk).Bytes, Records.Encode(new MarkerRecord()));
        }
    }

    private static VolumeStatus Volume(ulong id) =>
        new() { VolumeId = id, State = VolumeState.Healthy, CapacityBytes = 1UL << 50, AvailableBytes = 1UL << 49 };

    /// <summary>Everybody but one is heard for as long as it takes.</summary>
    private void LoseServer()
    {
        var patience = _options.DeadAfter + _options.RepairGrace + TimeSpan.FromSeconds(1);
        for (long tick = 0; tick < _ticks.Of(patience); tick++)
        {
            _ticks.Advance();
            for (ulong server = 2; server <= Servers; server++)
            {
                var heartbeat = new HeartbeatRequest { ServerId = server, BootId = server, Sequence = (ulong)tick + 1 };
                heartbeat.Volumes.Add(Volume(server));
                Assert.NotNull(_servers.Hear(heartbeat));
            }
        }

        _servers.FindDead();
        var gone = Assert.Single(_servers.FindGone());
        Assert.Equal(new ServerId(1), gone);
        _desk.Sweeps.Want(gone);
    }

    /// <summary>Lets the scanner work, and rest as it wants to, until something is so.</summary>
    private async Task UntilAsync(Func<bool> isSo)
    {
        while (true)
        {
            var result = await _scanner.WorkAsync(TestContext.Current.CancellationToken);
            if (isSo())
            {
                return;
            }

            if (result == WorkResult.Idle)
            {
                await _scanner.WaitForWorkAsync(TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>A whole round, at full speed.</summary>
    private Task RoundAsync()
    {
        _desk.Sweeps.WantAll();
        string rounds = _scanner.Status;
        return UntilAsync(() => _scanner.Status != rounds);
    }

    private async Task MeasureAsync(string what, TimeSpan span)
    {
        var before = Environment.CpuUsage.TotalTime;
        long began = TimeProvider.System.GetTimestamp();
        await UntilAsync(() => TimeProvider.System.GetElapsedTime(began) >= span);
        double share = (Environment.CpuUsage.TotalTime - before) / TimeProvider.System.GetElapsedTime(began);
        Say($"{Chunks} chunks, {what}: {share.ToString("P1", CultureInfo.InvariantCulture)} of a core");
    }

    private static void Say(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);
}
