using DfsNet.MetaServer.Cluster;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Backups;

/// <summary>When backups are taken, how many are kept, and what stays on chunk servers because of them.</summary>
public sealed class BackupKeeperTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    private static readonly Func<MetaServerOptions, MetaServerOptions> Quick = options => options with
    {
        Replication = 1,
        MinReplicas = 1,
        RemovalGrace = TimeSpan.FromSeconds(1),
        OrphanGrace = TimeSpan.FromSeconds(1),
        BackupInterval = Interval,
        BackupsKept = 2,
    };

    [Fact]
    public async Task One_is_taken_every_interval_and_the_newest_are_kept()
    {
        var shelf = new MemoryShelf();
        await using var cluster = await StartAsync(shelf);
        await cluster.LiveAsync(Interval / 2);
        Assert.Empty(shelf.Stored);
        await cluster.LiveUntilAsync(() => Task.FromResult(shelf.Stored.Count == 1));
        Assert.Equal(["meta:7700"], shelf.MetaAddresses);
        await cluster.LiveAsync(3 * Interval);
        Assert.InRange(shelf.Stored.Count, 3, 4);
        Assert.Equal(2, shelf.Kept.Count);
        Assert.True(shelf.Stored[^1][^1].Rows.Last, "the last piece says that it is the last");
    }

    [Fact]
    public async Task A_new_leader_goes_on_where_the_last_one_was()
    {
        var shelf = new MemoryShelf();
        await using var cluster = await StartAsync(shelf);
        await cluster.LiveUntilAsync(() => Task.FromResult(shelf.Stored.Count == 1));
        await cluster.LiveAsync(Interval / 3);
        await cluster.Node.CrashAsync();
        await cluster.Node.RestartAsync();
        await cluster.Servers[0].RegisterAsync();
        await cluster.LiveAsync(Interval / 3);
        Assert.Single(shelf.Stored);
        await cluster.LiveAsync(Interval / 2);
        Assert.Equal(2, shelf.Stored.Count);
    }

    [Fact]
    public async Task One_that_failed_is_an_alarm_until_the_next_one_is_kept()
    {
        var shelf = new MemoryShelf { Refusal = new DfsException(ErrorCode.TooFewServers, "allocate chunk", "no room at all") };
        await using var cluster = await StartAsync(shelf);
        await cluster.LiveUntilAsync(() => HasAlarmAsync(cluster));
        shelf.Refusal = null;
        await cluster.LiveUntilAsync(async () => shelf.Stored.Count > 0 && !await HasAlarmAsync(cluster));
    }

    [Fact]
    public async Task What_the_newest_backup_may_need_stays_until_the_next_one_is_taken()
    {
        var shelf = new MemoryShelf();
        await using var cluster = await StartAsync(shelf);
        await cluster.WriteFileAsync("a", seal: true);
        await cluster.Servers[0].ObeyAsync();
        await cluster.LiveUntilAsync(() => Task.FromResult(shelf.Stored.Count == 1));
        await cluster.UnlinkAsync("a");
        await cluster.LiveAsync(Interval - TimeSpan.FromSeconds(10));
        Assert.Equal(1u, (await cluster.Node.StatusAsync()).Chunks);
        await cluster.LiveUntilAsync(async () => (await cluster.Node.StatusAsync()).Chunks == 0);
        Assert.True(shelf.Stored.Count > 1, "the chunk went before another backup was taken");
    }

    [Fact]
    public async Task A_chunk_of_a_backup_that_nobody_knows_stays_until_enough_newer_ones_are_kept()
    {
        var shelf = new MemoryShelf();
        await using var cluster = await StartAsync(shelf);
        var server = cluster.Servers[0];
        ulong stray = (await cluster.AllocateAsync()).ChunkId;
        await cluster.SubmitAsync(new ClientCommand
        {
            UpdateChunks = new UpdateChunks { Chunks = { new ChunkUpdate { ChunkId = stray, Seal = true, Release = true } } },
        });
        await server.ObeyAsync();
        await server.ObeyAsync();
        Assert.Empty(await OrdersAfterReportAsync(server, stray, 1));
        await cluster.LiveUntilAsync(() => Task.FromResult(shelf.Kept.Count == 2));
        await cluster.LiveAsync(TimeSpan.FromSeconds(2));
        await cluster.LiveUntilAsync(async () =>
            (await OrdersAfterReportAsync(server, stray, _sequence++)).Any(order => order.KindCase == Order.KindOneofCase.Remove));
    }

    private ulong _sequence = 2;

    private static async Task<List<Order>> OrdersAfterReportAsync(TestServer server, ulong chunk, ulong sequence)
    {
        var report = server.Sealed(chunk, 1, 100, 1);
        (report.BackupIncarnation, report.BackupIndex) = (1, 1);
        await server.ReportAsync(sequence, 0, last: true, report);
        var orders = new List<Order>();
        await server.ObeyAsync(orders);
        return orders;
    }

    private static async Task<bool> HasAlarmAsync(TestCluster cluster) =>
        (await cluster.Node.StatusAsync()).Alarms.Any(alarm => alarm.Contains("no room at all", StringComparison.Ordinal));

    private static Task<TestCluster> StartAsync(MemoryShelf shelf) => TestCluster.StartAsync(1, Quick, shelf.OpenAsync);
}
