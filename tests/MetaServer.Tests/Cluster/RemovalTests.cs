using DfsNet.MetaServer.Node;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

public sealed class RemovalTests
{
    private static readonly Func<MetaServerOptions, MetaServerOptions> OneReplicaNoGrace = options => options with
    {
        Replication = 1,
        MinReplicas = 1,
        RemovalGrace = TimeSpan.FromSeconds(1),
        OrphanGrace = TimeSpan.FromSeconds(1),
    };

    [Fact]
    public async Task A_deleted_files_chunk_is_removed_by_commit_then_order_then_confirmation()
    {
        await using var cluster = await TestCluster.StartAsync(1, OneReplicaNoGrace);
        var chunk = await cluster.WriteFileAsync("a", seal: true);
        var server = cluster.Servers[0];
        await server.ObeyAsync();
        await cluster.UnlinkAsync("a");

        var orders = new List<Order>();
        await cluster.LiveUntilAsync(async () =>
        {
            await server.ObeyAsync(orders);
            return orders.Any(order => order.KindCase == Order.KindOneofCase.Remove);
        });
        Assert.Equal(chunk.ChunkId, orders.Single(order => order.KindCase == Order.KindOneofCase.Remove).ChunkId);
        Assert.Equal(0u, (await cluster.Node.StatusAsync()).Chunks);

        await cluster.LiveUntilAsync(async () => await ReplicasAsync(cluster) == 0);
    }

    [Fact]
    public async Task An_ordered_removal_is_ordered_again_after_a_restart()
    {
        await using var cluster = await TestCluster.StartAsync(1, OneReplicaNoGrace);
        await cluster.WriteFileAsync("a", seal: true);
        await cluster.Servers[0].ObeyAsync();
        await cluster.UnlinkAsync("a");
        await cluster.LiveUntilAsync(async () => (await cluster.Node.StatusAsync()).Chunks == 0);

        await cluster.Node.CrashAsync();
        await cluster.Node.RestartAsync();
        await cluster.Servers[0].RegisterAsync();

        var orders = new List<Order>();
        await cluster.Servers[0].ObeyAsync(orders);
        Assert.Contains(orders, order => order.KindCase == Order.KindOneofCase.Remove);
    }

    [Fact]
    public async Task A_chunk_that_is_owned_or_referenced_is_never_removed()
    {
        await using var cluster = await TestCluster.StartAsync(1, OneReplicaNoGrace);
        await cluster.WriteFileAsync("referenced", seal: true);
        await cluster.WriteFileAsync("owned", seal: false);
        await cluster.UnlinkAsync("owned");

        await cluster.LiveAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(2u, (await cluster.Node.StatusAsync()).Chunks);
    }

    [Fact]
    public async Task A_reported_replica_of_a_removed_chunk_leaves_by_commit_and_order()
    {
        await using var cluster = await TestCluster.StartAsync(1, OneReplicaNoGrace);
        var server = cluster.Servers[0];
        await DropChunksAsync(cluster, 1);

        await server.ReportAsync(1, 0, last: true, server.Sealed(1, 1, 100, 1));

        var orders = new List<Order>();
        await cluster.LiveUntilAsync(async () =>
        {
            await server.ObeyAsync(orders);
            return orders.Count > 0;
        });
        Assert.All(orders, order => Assert.Equal((Order.KindOneofCase.Remove, 1UL), (order.KindCase, order.ChunkId)));
    }

    [Fact]
    public async Task A_chunk_the_metadata_never_gave_out_raises_an_alarm_and_is_never_deleted()
    {
        await using var cluster = await TestCluster.StartAsync(1, OneReplicaNoGrace);
        var server = cluster.Servers[0];

        await server.ReportAsync(1, 0, last: true, server.Sealed(1_000_000, 5, 100, 1));
        await cluster.LiveAsync(TimeSpan.FromSeconds(5));

        Assert.Contains((await cluster.Node.StatusAsync()).Alarms, alarm => alarm.Contains("never given out", StringComparison.Ordinal));
        Assert.Empty((await server.BeatAsync()).Orders);
    }

    [Fact]
    public async Task One_report_removes_a_bounded_share_and_a_second_that_agrees_the_rest()
    {
        await using var cluster = await TestCluster.StartAsync(1, OneReplicaNoGrace);
        var server = cluster.Servers[0];
        await DropChunksAsync(cluster, 150);
        var unknown = Enumerable.Range(1, 150).Select(chunk => server.Sealed((ulong)chunk, 1, 100, 1)).ToList();

        await server.ReportAsync(1, 0, last: true, unknown);
        Assert.Equal(100, await CountRemovalsAsync(cluster));
        var alarms = (await cluster.Node.StatusAsync()).Alarms;
        Assert.Contains(alarms, alarm => alarm.Contains("beyond what one report", StringComparison.Ordinal));

        await server.ReportAsync(1, 0, last: true, unknown.Skip(100));
        Assert.Equal(0, await CountRemovalsAsync(cluster));

        await server.ReportAsync(2, 0, last: true, unknown.Skip(100));
        Assert.Equal(50, await CountRemovalsAsync(cluster));
    }

    [Fact]
    public async Task Changes_in_heartbeats_count_against_the_brake_of_the_last_full_report()
    {
        await using var cluster = await TestCluster.StartAsync(1, OneReplicaNoGrace);
        var server = cluster.Servers[0];
        await DropChunksAsync(cluster, 150);
        var unknown = Enumerable.Range(1, 150).Select(chunk => server.Sealed((ulong)chunk, 1, 100, 1)).ToList();
        await server.ReportAsync(1, 0, last: true);
        foreach (var some in unknown.Chunk(30))
        {
            await server.BeatAsync(request => request.Changed.Add(some));
        }

        Assert.Equal(100, await CountRemovalsAsync(cluster));
        var alarms = (await cluster.Node.StatusAsync()).Alarms;
        Assert.Contains(alarms, alarm => alarm.Contains("beyond what one report", StringComparison.Ordinal));
        await cluster.LiveUntilAsync(async () => (await server.BeatAsync()).ReportWanted);

        await server.ReportAsync(2, 0, last: true, unknown.Skip(100));
        Assert.Equal(50, await CountRemovalsAsync(cluster));
        Assert.False((await server.BeatAsync()).ReportWanted);
    }

    [Fact]
    public async Task A_stale_or_gapped_page_changes_nothing()
    {
        await using var cluster = await TestCluster.StartAsync(1, OneReplicaNoGrace);
        var server = cluster.Servers[0];
        await DropChunksAsync(cluster, 2);
        await server.ReportAsync(5, 0, last: true);

        await server.ReportAsync(4, 0, last: true, server.Sealed(1, 1, 100, 1));
        Assert.True((await server.ReportAsync(6, 1, last: true, server.Sealed(2, 1, 100, 1))).Restart);
        Assert.Equal(0, await CountRemovalsAsync(cluster));
        await Assert.ThrowsAsync<DfsException>(() => server.ReportAsync(7, 0, true, server.Sealed(2, 1, 1, 1), server.Sealed(1, 1, 1, 1)));
    }

    /// <summary>Chunks that were given out, stayed empty, and are gone with their replicas.</summary>
    private static async Task DropChunksAsync(TestCluster cluster, int count)
    {
        for (int i = 0; i < count; i++)
        {
            var chunk = await cluster.AllocateAsync();
            await cluster.SubmitAsync(new ClientCommand
            {
                UpdateChunks = new UpdateChunks { Chunks = { new ChunkUpdate { ChunkId = chunk.ChunkId, Seal = true, Release = true } } },
            });
            await cluster.Servers[0].BeatAsync();
        }

        await cluster.LiveUntilAsync(async () =>
        {
            await cluster.Servers[0].ObeyAsync();
            return await ReplicasAsync(cluster) == 0 && (await cluster.Node.StatusAsync()).Chunks == 0;
        });
        await cluster.LiveAsync(TimeSpan.FromSeconds(5));
        Assert.Empty((await cluster.Servers[0].BeatAsync()).Orders);
    }

    private static async Task<int> CountRemovalsAsync(TestCluster cluster)
    {
        var orders = new List<Order>();
        for (int i = 0; i < 6; i++)
        {
            await cluster.Node.PassAsync(TimeSpan.FromMilliseconds(700));
            await cluster.Servers[0].ObeyAsync(orders);
        }

        return orders.Where(order => order.KindCase == Order.KindOneofCase.Remove).DistinctBy(order => order.ChunkId).Count();
    }

    private static async Task<ulong> ReplicasAsync(TestCluster cluster) => (await cluster.Node.StatusAsync()).Servers[0].Replicas;
}
