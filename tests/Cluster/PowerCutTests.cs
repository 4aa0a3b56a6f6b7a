using DfsNet.Cluster.Harness;

namespace DfsNet.Cluster;

/// <summary>Every process dies at once, and all are started again on what their disks hold.</summary>
public sealed class PowerCutTests
{
    [Fact]
    public async Task Everything_acknowledged_is_there_after_all_processes_were_killed()
    {
        await using var cluster = await TestCluster.StartAsync();
        var ledger = new Ledger();
        var writer = await cluster.ConnectAsync(options => options with { CallTimeout = TimeSpan.FromSeconds(4) });

        var writing = Parallel.ForEachAsync(
            Enumerable.Range(0, 100_000),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (number, _) => await ledger.PutAsync(writer, $"/d{number % 5}/{number}", number, 100 + (number % 5 * 30_000)));
        await Eventually.HoldsAsync("500 files are stored", () => ledger.Count >= 500 || writing.IsFaulted);
        Assert.False(writing.IsFaulted, $"{writing.Exception}");
        await cluster.KillAllAsync();

        // The writer is told: with nothing left to answer it, its calls end in a typed error.
        await Assert.ThrowsAsync<DfsException>(() => writing);
        cluster.StartMeta();
        foreach (int number in cluster.ChunkServers.Keys.ToList())
        {
            cluster.StartChunkServer(number);
        }

        await cluster.WaitHealthyAsync(3);
        var reader = await cluster.ConnectAsync();
        await ledger.AssertAllThereAsync(reader);
        await ledger.PutAsync(reader, "/after", 1, 100_000);
        await ledger.AssertAllThereAsync(reader);
    }

    [Fact]
    public async Task Servers_end_in_good_order_on_SIGTERM_and_find_everything_again()
    {
        await using var cluster = await TestCluster.StartAsync();
        var ledger = new Ledger();
        await ledger.PutAsync(await cluster.ConnectAsync(), "/file", 1, 300_000);

        foreach (var process in cluster.ChunkServers.Values.Append(cluster.Meta).ToList())
        {
            process.Terminate();
            Assert.Equal(0, await process.WaitAsync(TimeSpan.FromSeconds(20)));
        }

        // In any order: chunk servers wait for a metadata server that starts later.
        foreach (int number in cluster.ChunkServers.Keys.ToList())
        {
            cluster.StartChunkServer(number);
        }

        cluster.StartMeta();
        await cluster.WaitHealthyAsync(3);
        await ledger.AssertAllThereAsync(await cluster.ConnectAsync());
    }
}
