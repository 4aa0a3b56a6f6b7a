using DfsNet.Cluster.Harness;

namespace DfsNet.Cluster;

/// <summary>A data directory belongs to one process, one server and one cluster; mistakes are refused with a clear message.</summary>
public sealed class DataDirectoriesTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_second_server_on_a_data_directory_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();

        var chunkServer = cluster.Start("second chunk-server", ChunkServerOf(cluster, cluster.ChunkServerFolder(1)));
        var meta = cluster.Start("second meta-server", ["meta-server", "--data", cluster.MetaFolder, "--listen", FreeAddress()]);
        var other = cluster.Start("chunk-server beside a meta-server", ChunkServerOf(cluster, cluster.MetaFolder));

        Assert.Equal(1, await chunkServer.WaitAsync(Soon));
        Assert.Contains(cluster.ChunkServerFolder(1), chunkServer.Log, StringComparison.Ordinal);
        Assert.Equal(1, await meta.WaitAsync(Soon));
        Assert.Contains(cluster.MetaFolder, meta.Log, StringComparison.Ordinal);
        Assert.Equal(1, await other.WaitAsync(Soon));
        Assert.Contains($"{cluster.MetaFolder} is not empty", other.Log, StringComparison.Ordinal);
        await cluster.WaitHealthyAsync(3);
    }

    [Fact]
    public async Task A_data_directory_of_another_cluster_is_refused()
    {
        await using var first = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 1 });
        await using var second = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 1 });
        await first.ChunkServers[1].KillAsync();

        var lost = second.Start("lost chunk-server", ChunkServerOf(second, first.ChunkServerFolder(1)));

        Assert.Equal(1, await lost.WaitAsync(Soon));
        Assert.Contains("cluster", lost.Log, StringComparison.OrdinalIgnoreCase);
        await second.WaitHealthyAsync(1);
    }

    [Fact]
    public async Task An_empty_directory_beside_known_ones_needs_the_word_of_the_operator()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 1 });
        await cluster.ChunkServers[1].KillAsync();
        string added = Path.Combine(cluster.Folder, "added");
        string[] arguments = ChunkServerOf(cluster, $"{cluster.ChunkServerFolder(1)},{added}");

        var refused = cluster.Start("without --new-volume", arguments);
        Assert.Equal(1, await refused.WaitAsync(Soon));
        Assert.Contains("--new-volume", refused.Log, StringComparison.Ordinal);

        cluster.Start("with --new-volume", [.. arguments, "--new-volume"]);
        await using var client = await cluster.ConnectAsync();
        await Eventually.HoldsAsync("two volumes are healthy", async () =>
        {
            var server = (await client.GetStatusAsync()).Servers.Single();
            return server.Volumes.Count(volume => volume.State == Protocol.Wire.VolumeState.Healthy) == 2;
        });
    }

    private static string FreeAddress() => $"127.0.0.1:{Ports.Take()}";

    private static string[] ChunkServerOf(TestCluster cluster, string data) =>
        ["chunk-server", "--data", data, "--listen", FreeAddress(), "--meta", cluster.MetaAddress];
}
