using System.Text.Json;
using DfsNet.Client;
using DfsNet.Cluster.Harness;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cluster;

/// <summary>What an operator does to a cluster that is in use: nobody who uses it notices.</summary>
public sealed class OperationTests
{
    private const int Mi = 1024 * 1024;

    private static readonly TestClusterOptions Four = new()
    {
        ChunkServers = 4,
        Meta = ["--repair-grace", "500ms", "--balance-rate", "0"],
    };

    [Fact]
    public async Task A_server_is_drained_and_removed_under_load_and_a_new_one_takes_its_share()
    {
        await using var cluster = await TestCluster.StartAsync(Four);
        var client = await cluster.ConnectAsync();
        await using var load = new BackgroundLoad(client, "/load");
        await load.AdvanceAsync(10);
        string address = cluster.ChunkServerAddress(2);

        Assert.Equal(1, (await cluster.RunAsync("admin", "remove", address)).ExitCode);
        await RunAsync(cluster, "admin", "drain", address, "--wait");
        await load.AdvanceAsync(3);
        await RunAsync(cluster, "admin", "ok-to-stop", address);
        await RunAsync(cluster, "admin", "remove", address);
        await cluster.ChunkServers[2].KillAsync();
        var status = await client.GetStatusAsync();
        Assert.DoesNotContain(status.Servers, server => server.Address == address);
        Assert.Equal(0u, status.UnderReplicated);

        cluster.StartChunkServer(5);
        await cluster.WaitHealthyAsync(4);
        await load.StopAsync();
        await RunAsync(cluster, "admin", "rebalance", "--wait");
        await load.Ledger.AssertAllThereAsync(client);
    }

    [Fact]
    public async Task Ok_to_stop_tells_the_truth_about_one_server_and_about_all_that_have_a_chunk()
    {
        await using var cluster = await TestCluster.StartAsync(Four);
        var client = await cluster.ConnectAsync();
        await client.PutAsync("/file", Content.Of(1, 1_000_000));
        var layout = await client.LocateAsync("/file");
        string[] holders = [.. layout.Chunks[0].Replicas.Select(replica => replica.Address)];

        await RunAsync(cluster, "admin", "ok-to-stop", holders[0]);
        var (code, output) = await cluster.RunAsync(["admin", "ok-to-stop", .. holders]);
        Assert.Equal(1, code);
        Assert.Contains("could not be read", output, StringComparison.Ordinal);
        (code, output) = await cluster.RunAsync("admin", "ok-to-stop", "nowhere:1");
        Assert.Equal(1, code);
        Assert.Contains("no chunk server is called 'nowhere:1'", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fsck_names_the_files_that_miss_bytes_and_no_others()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            ChunkServers = 2,
            Meta = ["--replication", "1", "--min-replicas", "1", "--repair-grace", "500ms"],
        });
        await using (var writer = await cluster.ConnectAsync())
        {
            for (int number = 0; number < 12; number++)
            {
                await writer.PutAsync($"/dir/f{number}", Content.Stream(number, 3 * Mi), new DfsPutOptions { CreateParents = true });
            }
        }

        var client = await cluster.ConnectAsync();
        string lost = cluster.ChunkServerAddress(1);
        var hurt = new List<string>();
        for (int number = 0; number < 12; number++)
        {
            var layout = await client.LocateAsync($"/dir/f{number}");
            if (layout.Chunks.Any(chunk => chunk.Replicas.Any(replica => replica.Address == lost)))
            {
                hurt.Add($"/dir/f{number}");
            }
        }

        Assert.Equal(0, (await cluster.RunAsync("admin", "fsck")).ExitCode);
        await cluster.ChunkServers[1].KillAsync();
        await Eventually.HoldsAsync("the server is dead", async () =>
            (await client.GetStatusAsync()).Servers.Any(server => server.State == ServerState.Dead));

        var (code, output) = await cluster.RunAsync("admin", "fsck", "--json");
        Assert.Equal(hurt.Count > 0 ? 1 : 0, code);
        using var facts = JsonDocument.Parse(output);
        var named = facts.RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()!);
        Assert.Equal(hurt.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));

        (code, output) = await cluster.RunAsync("admin", "remove", lost);
        Assert.Equal(hurt.Count > 0 ? 1 : 0, code);
        Assert.True(hurt.Count == 0 || output.Contains("--lossy", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task A_rolling_restart_of_everything_fails_no_operation()
    {
        await using var cluster = await TestCluster.StartAsync(Four with { MetaServers = 3 });
        var client = await cluster.ConnectAsync();
        await using var load = new BackgroundLoad(client, "/load");
        await load.AdvanceAsync(10);

        for (int number = 1; number <= 4; number++)
        {
            await Eventually.HoldsAsync("it may be stopped", async () =>
                (await cluster.RunAsync("admin", "ok-to-stop", cluster.ChunkServerAddress(number))).ExitCode == 0);
            await cluster.ChunkServers[number].StopAsync();
            await load.AdvanceAsync(3);
            cluster.StartChunkServer(number);
            await cluster.WaitHealthyAsync(4);
        }

        for (int number = 1; number <= 3; number++)
        {
            await cluster.Metas[number].StopAsync();
            await load.AdvanceAsync(3);
            cluster.StartMeta(number);
            await MetaStatus.WaitWholeAsync(cluster, 3);
        }

        await load.StopAsync();
        await load.Ledger.AssertAllThereAsync(client);
    }

    [Fact]
    public async Task What_an_operator_waits_for_goes_on_when_the_leader_dies()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { MetaServers = 3 });
        await (await cluster.ConnectAsync()).PutAsync("/file", Content.Of(1, 300_000));
        int leader = await MetaStatus.LeaderOfAsync(cluster);

        var running = RunAsync(cluster, "admin", "scrub", "--wait");
        await Task.Delay(500);
        await cluster.Metas[leader].KillAsync();
        await running;
    }

    [Fact]
    public async Task A_directory_says_how_many_replicas_its_files_get_and_existing_ones_follow()
    {
        await using var cluster = await TestCluster.StartAsync(Four);
        var client = await cluster.ConnectAsync();
        await client.CreateDirectoryAsync("/two");
        await RunAsync(cluster, "policy", "set", "/two", "--replication", "2");
        await client.PutAsync("/two/below/f", Content.Stream(1, 3 * Mi), new DfsPutOptions { CreateParents = true });
        await client.PutAsync("/three", Content.Stream(2, 3 * Mi));
        var two = await client.LocateAsync("/two/below/f");
        var three = await client.LocateAsync("/three");
        Assert.All(two.Chunks, chunk => Assert.Equal((2, 2), (chunk.Replication, chunk.Replicas.Count)));
        Assert.All(three.Chunks, chunk => Assert.Equal(3, chunk.Replication));
        Assert.Empty(two.Chunks.Select(chunk => chunk.ChunkId).Intersect(three.Chunks.Select(chunk => chunk.ChunkId)));
        await client.DisposeAsync();

        var other = await cluster.ConnectAsync();
        await RunAsync(cluster, "policy", "set", "/two", "-R", "--replication", "4");
        await WaitAsync(other, "/two/below/f", 4);
        await RunAsync(cluster, "policy", "set", "/two", "-R", "--replication", "1");
        await WaitAsync(other, "/two/below/f", 1);
        using var found = new MemoryStream();
        await other.GetAsync("/two/below/f", found);
        found.Position = 0;
        Assert.Equal(await Content.HashAsync(Content.Stream(1, 3 * Mi)), await Content.HashAsync(found));
        Assert.Equal(1, (await cluster.RunAsync("policy", "set", "/two", "--replication", "11")).ExitCode);

        static Task WaitAsync(DfsClient client, string path, int replicas) => Eventually.HoldsAsync(
            $"{path} has {replicas} replicas",
            async () => (await client.LocateAsync(path)).Chunks.All(chunk => chunk.Replicas.Count == replicas));
    }

    private static async Task RunAsync(TestCluster cluster, params string[] arguments)
    {
        var (code, output) = await cluster.RunAsync(arguments);
        Assert.True(code == 0, $"dfs {string.Join(' ', arguments)} ended with {code}: {output}");
    }
}
