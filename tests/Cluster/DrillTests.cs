using System.Text.Json;
using DfsNet.Cluster.Harness;

namespace DfsNet.Cluster;

/// <summary>dfs drill on real processes that somebody starts again, and where it must refuse.</summary>
public sealed class DrillTests
{
    private static readonly TestClusterOptions Allowing = new()
    {
        ChunkServers = 4,
        MetaServers = 3,
        Meta = ["--allow-drills", "--repair-grace", "1s"],
        ChunkServer = ["--allow-drills"],
    };

    [Fact]
    public async Task Rot_and_kills_are_survived_and_every_server_was_really_struck()
    {
        await using var cluster = await TestCluster.StartAsync(Allowing);
        using var stop = new CancellationTokenSource();
        var keeper = KeepRunningAsync(cluster, stop.Token);

        // How long things take is for operators; here it counts that they happen, and that nothing is lost.
        var (code, output) = await cluster.RunAsync(
            TimeSpan.FromMinutes(4), "drill", "bit-flip", "kill", "leader", "--json", "--slack", "20", "--size", "16MiB");
        await stop.CancelAsync();
        int restarts = await keeper;

        Assert.True(code == 0, output);
        using var facts = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        var drills = facts.RootElement.GetProperty("drills").EnumerateArray().ToList();
        Assert.Equal(
            ["bit-flip", "kill", "leader"], drills.Select(drill => drill.GetProperty("drill").GetString()));
        Assert.All(drills, drill => Assert.True(drill.GetProperty("passed").GetBoolean(), output));
        Assert.Equal(2, restarts);
        var client = await cluster.ConnectAsync();
        await foreach (var entry in client.ListAsync("/"))
        {
            Assert.DoesNotContain("drill", entry.Path, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nothing_is_struck_where_a_server_does_not_allow_it_or_is_not_well()
    {
        await using var cluster = await TestCluster.StartAsync(Allowing with { MetaServers = 1, ChunkServers = 3 });
        cluster.StartChunkServer(4, "--allow-drills", "false");
        await cluster.WaitHealthyAsync(4);
        var (code, output) = await cluster.RunAsync("drill", "kill");
        Assert.Equal(1, code);
        Assert.Contains("does not allow drills", output, StringComparison.Ordinal);
        Assert.Contains(cluster.ChunkServerAddress(4), output, StringComparison.Ordinal);

        await cluster.ChunkServers[4].KillAsync();
        (code, output) = await cluster.RunAsync("drill", "kill");
        Assert.Equal(1, code);
        Assert.Contains("nothing is struck", output, StringComparison.Ordinal);
        (code, output) = await cluster.RunAsync("drill", "earthquake");
        Assert.Equal(2, code);
        Assert.Contains("there is no drill earthquake", output, StringComparison.Ordinal);
        Assert.All(cluster.ChunkServers.Where(pair => pair.Key != 4), pair => Assert.False(pair.Value.HasExited));
    }

    /// <summary>Starts what was killed again, as a service manager would; how often that was.</summary>
    private static async Task<int> KeepRunningAsync(TestCluster cluster, CancellationToken stop)
    {
        int restarts = 0;
        while (!stop.IsCancellationRequested)
        {
            foreach (int number in cluster.ChunkServers.Where(pair => pair.Value.HasExited).Select(pair => pair.Key).ToList())
            {
                cluster.StartChunkServer(number);
                restarts++;
            }

            foreach (int number in cluster.Metas.Where(pair => pair.Value.HasExited).Select(pair => pair.Key).ToList())
            {
                cluster.StartMeta(number);
                restarts++;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return restarts;
    }
}
