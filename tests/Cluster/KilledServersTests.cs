using DfsNet.Client;
using DfsNet.Cluster.Harness;

namespace DfsNet.Cluster;

/// <summary>kill -9 of each role in the middle of work: what was acknowledged is there, and work goes on.</summary>
public sealed class KilledServersTests
{
    private const int Mi = 1024 * 1024;

    [Fact]
    public async Task A_put_goes_on_when_a_chunk_server_dies_in_the_middle()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 4 });
        var client = await cluster.ConnectAsync();
        const long Length = 96 * Mi;

        Task? kill = null;
        await client.PutAsync("/file", Content.Stream(1, Length, 40 * Mi, () => kill = cluster.ChunkServers[2].KillAsync()));

        await kill!;
        await AssertReadsBackAsync(client, "/file", 1, Length);
    }

    [Fact]
    public async Task A_get_goes_on_when_chunk_servers_die_in_the_middle()
    {
        await using var cluster = await TestCluster.StartAsync();
        var client = await cluster.ConnectAsync();
        const long Length = 96 * Mi;
        await cluster.PutOnAllAsync(client, "/file", () => Content.Stream(2, Length));

        await using var file = await client.OpenReadAsync("/file");
        var expected = Content.Stream(2, Length);
        await AssertSameAsync(expected, file, 20 * Mi);
        await cluster.ChunkServers[1].KillAsync();
        await AssertSameAsync(expected, file, 30 * Mi);
        await cluster.ChunkServers[3].KillAsync();
        await AssertSameAsync(expected, file, Length - (50 * Mi));
        Assert.Equal(0, await file.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task A_put_goes_on_when_the_metadata_server_is_killed_and_comes_back()
    {
        await using var cluster = await TestCluster.StartAsync();
        var client = await cluster.ConnectAsync();
        const long Length = 96 * Mi;

        Task? restart = null;
        await client.PutAsync("/file", Content.Stream(3, Length, 40 * Mi, () => restart = RestartMetaAsync(cluster)));

        await restart!;
        await AssertReadsBackAsync(client, "/file", 3, Length);
    }

    [Fact]
    public async Task A_get_goes_on_while_the_metadata_server_is_down()
    {
        await using var cluster = await TestCluster.StartAsync();
        var client = await cluster.ConnectAsync();
        const long Length = 32 * Mi;
        await cluster.PutOnAllAsync(client, "/file", () => Content.Stream(4, Length));

        await using var file = await client.OpenReadAsync("/file");
        var expected = Content.Stream(4, Length);
        await AssertSameAsync(expected, file, Mi);
        await cluster.Meta.KillAsync();
        await AssertSameAsync(expected, file, Length - Mi);

        cluster.StartMeta();
        await cluster.WaitHealthyAsync(3);
        await AssertReadsBackAsync(client, "/file", 4, Length);
    }

    [Fact]
    public async Task Small_files_survive_the_death_of_a_chunk_server_and_of_the_metadata_server()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 4 });
        var client = await cluster.ConnectAsync();
        var ledger = new Ledger();

        var faults = Task.Run(async () =>
        {
            await Eventually.HoldsAsync("300 files are stored", () => ledger.Count >= 300);
            await cluster.ChunkServers[1].KillAsync();
            await Eventually.HoldsAsync("600 files are stored", () => ledger.Count >= 600);
            await RestartMetaAsync(cluster);
        });
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 1_500),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (number, _) => await ledger.PutAsync(client, $"/many/{number % 7}/{number}", number, 500 + (number * 7 % 9_000)));

        await faults;
        Assert.Equal(1_500, ledger.Count);
        await ledger.AssertAllThereAsync(client);
        await using var stranger = await cluster.ConnectAsync();
        await ledger.AssertAllThereAsync(stranger);
    }

    [Fact]
    public async Task A_chunk_server_that_comes_back_serves_what_it_had()
    {
        await using var cluster = await TestCluster.StartAsync();
        var client = await cluster.ConnectAsync();
        const long Length = 8 * Mi;
        await cluster.PutOnAllAsync(client, "/file", () => Content.Stream(5, Length));

        await cluster.ChunkServers[1].KillAsync();
        await Eventually.HoldsAsync("one server is dead", async () =>
            (await client.GetStatusAsync()).Servers.Count(server => server.State == Protocol.Wire.ServerState.Dead) == 1);
        await Eventually.HoldsAsync("chunks are under-replicated", async () => (await client.GetStatusAsync()).UnderReplicated > 0);

        cluster.StartChunkServer(1);
        await cluster.WaitHealthyAsync(3);
        await Eventually.HoldsAsync("nothing is under-replicated", async () => (await client.GetStatusAsync()).UnderReplicated == 0);
        await cluster.ChunkServers[2].KillAsync();
        await cluster.ChunkServers[3].KillAsync();
        await AssertReadsBackAsync(client, "/file", 5, Length);
    }

    private static async Task RestartMetaAsync(TestCluster cluster)
    {
        await cluster.Meta.KillAsync();
        cluster.StartMeta();
    }

    private static async Task AssertReadsBackAsync(DfsClient client, string path, int seed, long length)
    {
        await using var file = await client.OpenReadAsync(path);
        Assert.Equal(length, file.Length);
        await AssertSameAsync(Content.Stream(seed, length), file, length);
    }

    private static async Task AssertSameAsync(Stream expected, Stream actual, long count)
    {
        var left = new byte[Mi];
        var right = new byte[Mi];
        for (long done = 0; done < count; done += left.Length)
        {
            int length = (int)Math.Min(left.Length, count - done);
            await expected.ReadExactlyAsync(left.AsMemory(0, length));
            await actual.ReadExactlyAsync(right.AsMemory(0, length));
            Assert.True(left.AsSpan(0, length).SequenceEqual(right.AsSpan(0, length)), $"other bytes after {done}");
        }
    }
}
