using DfsNet.Client;
using DfsNet.Cluster.Harness;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cluster;

/// <summary>Servers die, hang, come back, rot: the cluster gets its redundancy back by itself, and everything stays right.</summary>
public sealed class RepairTests
{
    private const int Mi = 1024 * 1024;

    private static readonly TestClusterOptions Five = new()
    {
        ChunkServers = 5,
        Meta = ["--repair-grace", "500ms", "--mass-failure-window", "6s"],
    };

    [Fact]
    public async Task Two_of_five_servers_are_killed_one_after_the_other_under_load_and_all_is_redundant_again()
    {
        await using var cluster = await TestCluster.StartAsync(Five);
        var client = await cluster.ConnectAsync();
        await client.PutAsync("/large", Content.Stream(1, 70 * Mi));
        await using var load = new BackgroundLoad(client, "/load");
        await load.AdvanceAsync(10);

        foreach (int number in new[] { 2, 4 })
        {
            await cluster.ChunkServers[number].KillAsync();
            await load.AdvanceAsync(10);
            await WaitRedundantAsync(client, number == 2 ? 1 : 2);
        }

        await load.StopAsync();
        await load.Ledger.AssertAllThereAsync(client);

        // What is left of the five is enough for every byte, and each of the two of three is enough too.
        await cluster.ChunkServers[1].KillAsync();
        await load.Ledger.AssertAllThereAsync(client);
        await AssertReadsBackAsync(client, "/large", 1, 70 * Mi);
    }

    [Fact]
    public async Task Two_of_five_servers_die_at_once_last_copies_are_repaired_first_and_the_rest_when_an_operator_says_so()
    {
        await using var cluster = await TestCluster.StartAsync(Five with
        {
            Meta = ["--repair-grace", "500ms", "--mass-failure-window", "10m", "--replication", "3"],
        });
        var client = await cluster.ConnectAsync();
        for (int number = 0; number < 3; number++)
        {
            await client.PutAsync($"/f{number}", Content.Stream(number, 66 * Mi));
        }

        await Task.WhenAll(cluster.ChunkServers[1].KillAsync(), cluster.ChunkServers[2].KillAsync());
        await Eventually.HoldsAsync("repair is braked", async () =>
            (await client.GetStatusAsync()).Alarms.Any(alarm => alarm.Contains("died within", StringComparison.Ordinal)));
        await Eventually.HoldsAsync("no chunk has one replica", async () =>
            (await client.GetStatusAsync()) is { Repair.Endangered: 0, UnderReplicated: > 0 });

        Assert.NotEqual("", (await client.GetStatusAsync()).Repair.Held);
        var (code, output) = await cluster.RunAsync("admin", "repair", "--resume");
        Assert.True(code == 0, output);
        await WaitRedundantAsync(client, 2);
        for (int number = 0; number < 3; number++)
        {
            await AssertReadsBackAsync(client, $"/f{number}", number, 66 * Mi);
        }
    }

    [Fact]
    public async Task Two_frozen_servers_are_made_up_for_one_after_the_other_and_what_is_too_much_goes_when_they_thaw()
    {
        await using var cluster = await TestCluster.StartAsync(Five);
        var client = await cluster.ConnectAsync();
        await client.PutAsync("/large", Content.Stream(5, 70 * Mi));
        await using var load = new BackgroundLoad(client, "/load");
        await load.AdvanceAsync(5);

        cluster.ChunkServers[3].Pause();
        await WaitRedundantAsync(client, 1);
        await load.AdvanceAsync(10);
        cluster.ChunkServers[4].Pause();
        await WaitRedundantAsync(client, 2);
        await load.AdvanceAsync(10);
        cluster.ChunkServers[3].Resume();
        cluster.ChunkServers[4].Resume();
        await cluster.WaitHealthyAsync(5);
        await load.StopAsync();
        await client.DisposeAsync();

        var second = await cluster.ConnectAsync();
        await Eventually.HoldsAsync("no chunk has more replicas than wanted", async () =>
        {
            var layout = await second.LocateAsync("/large");
            return layout.Chunks.All(chunk => chunk.Replicas.Count == 3);
        });
        await AssertReadsBackAsync(second, "/large", 5, 70 * Mi);
        await load.Ledger.AssertAllThereAsync(second);
    }

    [Fact]
    public async Task Rot_in_data_and_in_headers_that_nobody_reads_is_found_by_the_scrub_and_repaired()
    {
        await using var cluster = await TestCluster.StartAsync(Five);
        await using (var writer = await cluster.ConnectAsync())
        {
            await cluster.PutOnAllAsync(writer, "/file", () => Content.Stream(6, 70 * Mi));
        }

        // A scrub reads what is sealed, and servers hear of their seals a moment after the writer's session has ended.
        await Eventually.HoldsAsync("all replicas are sealed", async () =>
            (await cluster.RunAsync("admin", "scrub", "--wait")).Output.Contains("210 MiB read, 0 replicas", StringComparison.Ordinal));
        var client = await cluster.ConnectAsync();
        var holders = (await client.LocateAsync("/file")).Chunks[0].Replicas.Select(replica => replica.Address).ToList();
        int[] numbers = [.. cluster.ChunkServers.Keys.Where(number => holders.Contains(cluster.ChunkServerAddress(number)))];
        Rot(cluster.ChunkServerFolder(numbers[0]), 1_000_000);
        Rot(cluster.ChunkServerFolder(numbers[1]), 40);

        var (code, output) = await cluster.RunAsync("admin", "scrub", "--wait");
        Assert.True(code == 0, output);
        await Eventually.HoldsAsync("the rot was seen", async () =>
            (await cluster.RunAsync("admin", "events")).Output.Contains("bad replicas", StringComparison.Ordinal));
        await WaitRedundantAsync(client, 0);

        // A second round finds nothing more.
        (code, output) = await cluster.RunAsync("admin", "scrub", "--wait");
        Assert.True(code == 0, output);
        Assert.Contains("0 replicas damaged", output.Trim().Split('\n')[^1], StringComparison.Ordinal);
        await AssertReadsBackAsync(client, "/file", 6, 70 * Mi);
    }

    [Fact]
    public async Task A_volume_that_is_lost_is_made_anew_on_the_others()
    {
        await using var cluster = await TestCluster.StartAsync(Five);
        var client = await cluster.ConnectAsync();
        await cluster.PutOnAllAsync(client, "/file", () => Content.Stream(7, 70 * Mi));

        await cluster.ChunkServers[5].KillAsync();
        Directory.Delete(cluster.ChunkServerFolder(5), recursive: true);
        await WaitRedundantAsync(client, 1);

        await AssertReadsBackAsync(client, "/file", 7, 70 * Mi);
        var (code, output) = await cluster.RunAsync("admin", "fsck");
        Assert.True(code == 0, output);
    }

    /// <summary>So many servers are dead, and nothing lacks a replica.</summary>
    private static Task WaitRedundantAsync(DfsClient client, int dead) => Eventually.HoldsAsync(
        "everything is redundant again",
        async () =>
        {
            var status = await client.GetStatusAsync();
            return status.Servers.Count(server => server.State == ServerState.Dead) == dead
                && status is { UnderReplicated: 0, Repair: { MissingBytes: 0, Running: 0 } };
        });

    private static async Task AssertReadsBackAsync(DfsClient client, string path, int seed, long length)
    {
        await using var file = await client.OpenReadAsync(path);
        Assert.Equal(length, file.Length);
        using var expected = Content.Stream(seed, length);
        byte[] found = new byte[Mi];
        byte[] wanted = new byte[Mi];
        for (long at = 0; at < length; at += Mi)
        {
            await file.ReadExactlyAsync(found.AsMemory(0, (int)Math.Min(Mi, length - at)));
            await expected.ReadExactlyAsync(wanted.AsMemory(0, (int)Math.Min(Mi, length - at)));
            Assert.True(found.AsSpan().SequenceEqual(wanted), $"{path} has other bytes near {at}");
        }
    }

    /// <summary>Flips a bit of every chunk file of a server, at the same place.</summary>
    private static void Rot(string folder, int offset)
    {
        int rotten = 0;
        foreach (string path in Directory.GetFiles(folder, "*.chunk", SearchOption.AllDirectories))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (file.Length <= offset)
            {
                continue;
            }

            file.Position = offset;
            int old = file.ReadByte();
            file.Position = offset;
            file.WriteByte((byte)(old ^ 0x20));
            rotten++;
        }

        Assert.True(rotten > 0, $"no chunk file below {folder} is longer than {offset} bytes");
    }
}
