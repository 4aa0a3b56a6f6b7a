using DfsNet.MetaServer.Node;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

public sealed class SealTests
{
    [Fact]
    public async Task A_silent_session_ends_and_its_open_chunks_are_sealed_as_committed()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: false);

        await cluster.LiveAsync(cluster.Node.Options.SessionTimeout + TimeSpan.FromSeconds(5), keepAlive: false);

        Assert.Equal(ErrorCode.SessionEnded, (await TestNode.RefusedAsync(cluster.KeepAliveAsync)).Code);
        var layout = (await cluster.LayoutAsync("a")).Chunks.Single();
        Assert.Equal((ChunkState.Sealed, 100u), (layout.State, layout.Length));
        var orders = new List<Order>();
        await cluster.Node.PassAsync(TimeSpan.FromSeconds(3));
        await cluster.ServerOf(chunk.Chain[0].ServerId).ObeyAsync(orders);
        var seal = orders.First(order => order.ChunkId == chunk.ChunkId);
        Assert.Equal((100u, chunk.Generation), (seal.Seal.Length, seal.Generation));
    }

    [Fact]
    public async Task A_session_that_says_it_lives_does_not_end()
    {
        await using var cluster = await TestCluster.StartAsync(1);

        await cluster.LiveAsync(cluster.Node.Options.SessionTimeout * 2);

        await cluster.KeepAliveAsync();
    }

    [Fact]
    public async Task An_owner_is_asked_to_seal_when_a_member_dies()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: false);
        Assert.Empty((await cluster.KeepAliveAsync()).SealRequested);
        cluster.Silent.Add(cluster.ServerOf(chunk.Chain[1].ServerId));

        await cluster.LiveUntilAsync(async () => (await cluster.KeepAliveAsync()).SealRequested.Contains(chunk.ChunkId));

        await cluster.SubmitAsync(new ClientCommand
        {
            UpdateChunks = new UpdateChunks
            {
                Chunks = { new ChunkUpdate { ChunkId = chunk.ChunkId, Length = 100, Digest = 1, Seal = true } },
            },
        });
        Assert.Empty((await cluster.KeepAliveAsync()).SealRequested);
    }

    [Fact]
    public async Task An_owner_is_asked_to_seal_when_a_replica_takes_no_more_appends_or_is_damaged()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var stopped = await cluster.WriteFileAsync("a", seal: false);
        var damaged = await cluster.WriteFileAsync("b", seal: false);
        await ReportAsync(stopped, ReplicaCondition.Open);
        await ReportAsync(damaged, ReplicaCondition.Damaged);

        Assert.Equal([stopped.ChunkId, damaged.ChunkId], (await cluster.KeepAliveAsync()).SealRequested);

        Task ReportAsync(AllocateChunkReply chunk, ReplicaCondition condition) =>
            cluster.ServerOf(chunk.Chain[0].ServerId).BeatAsync(request => request.Changed.Add(new ReplicaReport
            {
                ChunkId = chunk.ChunkId,
                Generation = chunk.Generation,
                Condition = condition,
                Length = 100,
            }));
    }

    [Fact]
    public async Task A_chunk_begun_with_too_few_members_is_to_be_sealed_once_there_is_a_place_for_more()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var chunk = await cluster.WriteFileAsync("a", seal: false);
        await cluster.LiveAsync(TimeSpan.FromMinutes(2));
        Assert.Empty((await cluster.KeepAliveAsync()).SealRequested);

        var third = new TestServer(cluster.Node, 3);
        await third.RegisterAsync();
        cluster.Servers.Add(third);
        await cluster.LiveUntilAsync(async () => (await cluster.KeepAliveAsync()).SealRequested.Contains(chunk.ChunkId));
    }

    [Fact]
    public async Task What_the_owner_does_not_seal_in_time_the_leader_seals()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var chunk = await cluster.WriteFileAsync("a", seal: false);
        cluster.Silent.Add(cluster.ServerOf(chunk.Chain[0].ServerId));

        await cluster.LiveUntilAsync(async () => (await cluster.LayoutAsync("a")).Chunks[0].State == ChunkState.Sealed);

        await cluster.KeepAliveAsync();
    }

    [Fact]
    public async Task An_order_is_repeated_until_it_is_confirmed()
    {
        await using var cluster = await TestCluster.StartAsync(1, options => options with { Replication = 1, MinReplicas = 1 });
        await cluster.WriteFileAsync("a", seal: true);
        var server = cluster.Servers[0];

        Assert.Single((await server.BeatAsync()).Orders);
        Assert.Empty((await server.BeatAsync()).Orders);
        await cluster.Node.PassAsync(TimeSpan.FromSeconds(3));
        await server.ObeyAsync();
        await cluster.Node.PassAsync(TimeSpan.FromSeconds(3));
        Assert.Empty((await server.BeatAsync()).Orders);
    }
}
