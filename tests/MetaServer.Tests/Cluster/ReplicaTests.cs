using DfsNet.MetaServer.Node;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

public sealed class ReplicaTests
{
    [Fact]
    public async Task A_damaged_replica_is_left_out_of_layouts_counted_and_let_go_where_its_place_is_needed()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: true);
        var server = cluster.ServerOf(chunk.Chain[0].ServerId);
        Assert.Equal(3, (await cluster.LayoutAsync("a")).Chunks[0].Replicas.Count);
        Assert.Equal(0u, (await cluster.Node.StatusAsync()).UnderReplicated);

        await server.BeatAsync(request => request.Changed.Add(new ReplicaReport
        {
            ChunkId = chunk.ChunkId,
            Generation = chunk.Generation,
            Condition = ReplicaCondition.Damaged,
        }));

        Assert.DoesNotContain((await cluster.LayoutAsync("a")).Chunks[0].Replicas, replica => replica.ServerId == server.Id);
        await cluster.LiveUntilAsync(async () => (await cluster.Node.StatusAsync()).UnderReplicated == 1);

        // There is no fourth server: only where the bad one was can a new one be made.
        var ordered = new List<Order>();
        await cluster.LiveUntilAsync(async () =>
        {
            await server.ObeyAsync(ordered);
            return ordered.Exists(order => order.KindCase == Order.KindOneofCase.Remove && order.ChunkId == chunk.ChunkId);
        });
    }

    [Fact]
    public async Task A_replica_that_differs_from_the_record_is_no_replica()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: true);
        var server = cluster.ServerOf(chunk.Chain[0].ServerId);

        await server.ReportAsync(1, 0, last: true, server.Sealed(chunk.ChunkId, chunk.Generation, 100, digest: 2));

        Assert.Equal(2, (await cluster.LayoutAsync("a")).Chunks[0].Replicas.Count);
    }

    [Fact]
    public async Task A_row_that_a_full_report_lacks_is_missing_unless_it_is_young()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: true);
        var server = cluster.ServerOf(chunk.Chain[0].ServerId);

        await server.ReportAsync(1, 0, last: true);
        Assert.Equal(3, (await cluster.LayoutAsync("a")).Chunks[0].Replicas.Count);

        await cluster.LiveAsync(TimeSpan.FromSeconds(35));
        await server.ReportAsync(2, 0, last: true);
        Assert.Equal(2, (await cluster.LayoutAsync("a")).Chunks[0].Replicas.Count);
    }

    [Fact]
    public async Task An_open_chunks_row_that_a_full_report_lacks_is_not_missing_but_to_be_sealed()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: false);
        var server = cluster.ServerOf(chunk.Chain[0].ServerId);
        await cluster.LiveAsync(TimeSpan.FromSeconds(35));

        await server.ReportAsync(1, 0, last: true);

        Assert.Equal(3, (await cluster.LayoutAsync("a")).Chunks[0].Replicas.Count);
        Assert.Contains(chunk.ChunkId, (await cluster.KeepAliveAsync()).SealRequested);
    }

    [Fact]
    public async Task A_page_that_comes_again_late_says_nothing_new()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: true);
        var server = cluster.ServerOf(chunk.Chain[0].ServerId);

        await server.ReportAsync(1, 0, last: true);
        await cluster.LiveAsync(TimeSpan.FromSeconds(35));
        await server.ReportAsync(1, 0, last: true);
        Assert.Equal(3, (await cluster.LayoutAsync("a")).Chunks[0].Replicas.Count);
    }

    [Fact]
    public async Task Pages_that_come_twice_at_once_do_not_undo_each_other()
    {
        await using var cluster = await TestCluster.StartAsync(1, options => options with { Replication = 1, MinReplicas = 1 });
        var server = cluster.Servers[0];
        var pages = Enumerable.Range(0, 200).Select(page => (ulong)page * 10).ToList();
        for (ulong sequence = 1; sequence <= 10; sequence++)
        {
            ulong report = sequence;
            var duplicates = new List<Task>();
            foreach (ulong after in pages)
            {
                var replica = server.Sealed(after + 10, 1, 100, 1);
                duplicates.Add(Task.Run(() => server.ReportAsync(report, after, last: false, replica)));
                Assert.False((await server.ReportAsync(report, after, last: false, replica)).Restart);
            }

            await Task.WhenAll(duplicates);
        }
    }

    [Fact]
    public async Task A_dead_servers_chunks_are_under_replicated_and_its_replicas_come_last()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: true);
        var dead = cluster.ServerOf((await cluster.LayoutAsync("a")).Chunks[0].Replicas[0].ServerId);
        cluster.Silent.Add(dead);

        await cluster.LiveUntilAsync(async () => (await cluster.Node.StatusAsync()).UnderReplicated == 1);

        Assert.Equal(dead.Id, (await cluster.LayoutAsync("a")).Chunks[0].Replicas[^1].ServerId);
        Assert.Equal(chunk.ChunkId, (await cluster.LayoutAsync("a")).Chunks[0].ChunkId);
    }

    [Fact]
    public async Task A_clients_complaint_makes_the_server_verify()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: true);
        var server = cluster.ServerOf(chunk.Chain[0].ServerId);
        await server.ObeyAsync();

        await TestNode.CallAsync(context => cluster.Node.Node.MetadataService.ReportReplica(
            new ReportReplicaRequest
            {
                ChunkId = chunk.ChunkId,
                ServerId = server.Id,
                Generation = chunk.Generation,
                Problem = ReplicaProblem.Checksum,
            },
            context));

        Assert.Contains((await server.BeatAsync()).Orders, order => order.KindCase == Order.KindOneofCase.Verify);
        Assert.Equal(3, (await cluster.LayoutAsync("a")).Chunks[0].Replicas.Count);
    }

    [Fact]
    public async Task A_repeated_allocation_gives_the_same_chunk_and_servers_whatever_is_alive_now()
    {
        await using var cluster = await TestCluster.StartAsync(5);
        var id = cluster.NextRequest();
        var first = await cluster.AllocateAsync(request => request.Request = id);
        cluster.Silent.UnionWith(cluster.Servers);
        await cluster.LiveAsync(TimeSpan.FromSeconds(5));

        var second = await cluster.AllocateAsync(request => request.Request = id);

        Assert.Equal((first.ChunkId, first.Generation), (second.ChunkId, second.Generation));
        Assert.Equal(first.Chain.Select(member => member.ServerId).Order(), second.Chain.Select(member => member.ServerId));
    }

    [Fact]
    public async Task A_repeated_allocation_of_a_chunk_that_was_taken_back_meanwhile_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var id = cluster.NextRequest();
        var first = await cluster.AllocateAsync(request => request.Request = id);
        cluster.Silent.Add(cluster.ServerOf(first.Chain[0].ServerId));
        await cluster.LiveUntilAsync(async () => (await cluster.Node.StatusAsync()).OpenChunks == 0);

        var error = await TestNode.RefusedAsync(() => cluster.AllocateAsync(request => request.Request = id));

        Assert.Equal(ErrorCode.ChunkSealed, error.Code);
    }

    [Fact]
    public async Task Too_few_servers_are_a_typed_error_after_a_bounded_wait()
    {
        await using var cluster = await TestCluster.StartAsync(1);

        var allocating = cluster.AllocateAsync();
        await cluster.Node.UntilAsync(() => allocating.IsCompleted);

        Assert.Equal(ErrorCode.TooFewServers, (await TestNode.RefusedAsync(() => allocating)).Code);
    }

    [Fact]
    public async Task A_server_whose_volumes_are_not_open_yet_gets_no_chunk()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        cluster.Servers[1].Volume.State = VolumeState.Opening;
        await cluster.LiveAsync(TimeSpan.FromSeconds(1));

        var allocating = cluster.AllocateAsync();
        await cluster.Node.UntilAsync(() => allocating.IsCompleted);
        Assert.Equal(ErrorCode.TooFewServers, (await TestNode.RefusedAsync(() => allocating)).Code);

        cluster.Servers[1].Volume.State = VolumeState.Healthy;
        await cluster.LiveAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await cluster.AllocateAsync()).Chain.Count);
    }
}
