using System.Diagnostics;
using DfsNet.Client;
using DfsNet.Cluster.Harness;
using DfsNet.Simulation.Checkers.Linearizability;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Cluster;

/// <summary>Three metadata servers, of which some are killed, stopped, emptied, or come later.</summary>
public sealed class MetadataServersTests
{
    private static readonly TestClusterOptions Three = new() { MetaServers = 3 };

    private static readonly TestClusterOptions ThreeAlone = new() { MetaServers = 3, ChunkServers = 0 };

    [Fact]
    public async Task Whatever_happens_to_leaders_everything_happens_once_and_in_one_order()
    {
        await using var cluster = await TestCluster.StartAsync(Three);
        var clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => cluster.ConnectAsync()));
        var watch = Stopwatch.StartNew();
        var chronicle = new Chronicle(() => watch.Elapsed.Ticks);
        var histories = new List<NamespaceHistory>();
        var random = new Random(7);
        for (int round = 0; round < 4; round++)
        {
            var history = new NamespaceHistory(chronicle, $"/round{round}");
            histories.Add(history);
            await clients[0].CreateDirectoryAsync(history.Root);
            using var stop = new CancellationTokenSource();
            var churn = clients.Select((client, number) => Task.Run(() => ChurnAsync(history, client, number, round, stop.Token))).ToList();
            await Eventually.HoldsAsync(
                "the load is under way", () => history.Calls.Count(call => call.Outcome == Outcome.Done) > 20);
            await Task.Delay(random.Next(200, 1_200));
            int leader = await MetaStatus.LeaderOfAsync(cluster);
            if (round % 2 == 0)
            {
                await cluster.Metas[leader].KillAsync();
                await EndAsync(history, churn, stop);
                cluster.StartMeta(leader);
            }
            else
            {
                cluster.Metas[leader].Pause();
                await EndAsync(history, churn, stop);
                cluster.Metas[leader].Resume();
            }

            await MetaStatus.WaitWholeAsync(cluster, 3);
        }

        Assert.Empty(chronicle.Violations);
        foreach (var history in histories)
        {
            var result = history.Check();
            Assert.True(result.Verdict == Verdict.Linearizable, $"{history.Root}: {result.Verdict}: {result.Explanation}");
            Assert.True(history.Calls.Count(call => call.Outcome == Outcome.Done) > 50, $"too little happened in {history.Root} to tell");
        }
    }

    [Fact]
    public async Task All_killed_at_once_have_everything_that_was_acknowledged()
    {
        await using var cluster = await TestCluster.StartAsync(Three);
        var client = await cluster.ConnectAsync();
        var ledger = new Ledger();
        using var stop = new CancellationTokenSource();
        var writing = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                await ledger.PutAsync(client, $"/{writer}/file{i}", (writer * 10_000) + i, 500);
            }
        })).ToList();
        await Eventually.HoldsAsync("files are written", () => ledger.Count > 100);

        await Task.WhenAll(cluster.Metas.Values.Select(meta => meta.KillAsync()));
        foreach (int number in Enumerable.Range(1, 3))
        {
            cluster.StartMeta(number);
        }

        int before = ledger.Count;
        await Eventually.HoldsAsync("writing goes on", () => ledger.Count > before + 20);
        await stop.CancelAsync();
        await Task.WhenAll(writing);
        await ledger.AssertAllThereAsync(await cluster.ConnectAsync());
        await MetaStatus.WaitWholeAsync(cluster, 3);
    }

    [Fact]
    public async Task One_that_was_away_for_too_long_gets_a_snapshot()
    {
        await using var cluster = await TestCluster.StartAsync(ThreeAlone with { Meta = ["--lag-bytes-max", "4096"] });
        var client = await cluster.ConnectAsync();
        await MetaStatus.WaitWholeAsync(cluster, 3);
        int away = (await MetaStatus.LeaderOfAsync(cluster) % 3) + 1;
        await cluster.Metas[away].KillAsync();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => client.CreateDirectoryAsync($"/d{i}")));

        var back = cluster.StartMeta(away);

        await MetaStatus.WaitWholeAsync(cluster, 3);
        Assert.Contains("Installed a snapshot", back.Log, StringComparison.Ordinal);

        // It can lead with what it got.
        var (code, output) = await cluster.RunAsync("admin", "meta", "transfer", cluster.MetaAddresses[away - 1]);
        Assert.True(code == 0, output);
        Assert.Equal(away, await MetaStatus.LeaderOfAsync(cluster));
        Assert.Equal(500, await client.ListAsync("/").CountAsync());

        // And once more, from its own disk.
        await cluster.Metas[away].KillAsync();
        cluster.StartMeta(away);
        await MetaStatus.WaitWholeAsync(cluster, 3);
    }

    [Fact]
    public async Task One_that_lost_its_disk_takes_no_part_until_it_is_replaced()
    {
        await using var cluster = await TestCluster.StartAsync(ThreeAlone);
        var client = await cluster.ConnectAsync();
        await client.CreateDirectoryAsync("/before");
        await MetaStatus.WaitWholeAsync(cluster, 3);
        int lost = (await MetaStatus.LeaderOfAsync(cluster) % 3) + 1;
        string address = cluster.MetaAddresses[lost - 1];
        await cluster.Metas[lost].KillAsync();
        Directory.Delete(cluster.MetaFolderOf(lost), recursive: true);

        var pretender = cluster.StartMeta(lost);
        Assert.Equal(1, await pretender.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("by another data directory", pretender.Log, StringComparison.Ordinal);

        Directory.Delete(cluster.MetaFolderOf(lost), recursive: true);
        cluster.JoinMeta(lost);
        var (code, output) = await cluster.RunAsync("admin", "meta", "replace", address);
        Assert.True(code == 0, output);
        await MetaStatus.WaitWholeAsync(cluster, 3);
        Assert.Equal(4UL, (await MetaStatus.OfAsync(cluster)).Nodes.Max(node => node.Node));

        // Its vote counts: another one may go.
        int leader = await MetaStatus.LeaderOfAsync(cluster);
        await cluster.Metas[leader].KillAsync();
        await client.CreateDirectoryAsync("/after");
    }

    [Fact]
    public async Task A_cluster_of_one_grows_to_three_and_bears_the_loss_of_the_first()
    {
        await using var cluster = await TestCluster.StartAsync();
        var client = await cluster.ConnectAsync();
        await client.PutAsync("/file", Content.Of(1, 100_000));
        foreach (int number in new[] { 2, 3 })
        {
            cluster.JoinMeta(number);
            var (code, output) = await cluster.RunAsync("admin", "meta", "add", cluster.MetaAddresses[number - 1]);
            Assert.True(code == 0, output);
            await MetaStatus.WaitWholeAsync(cluster, number);
        }

        // Nobody told the chunk servers: they hear of the new ones from the leader, and know whom to follow when it is gone.
        await Eventually.HoldsAsync("every chunk server knows both", () => cluster.ChunkServers.Values.All(
            server => cluster.MetaAddresses.Skip(1).All(address => server.Log.Contains(
                $"names a metadata server at {address}", StringComparison.Ordinal))));
        await cluster.Meta.KillAsync();
        await cluster.WaitHealthyAsync(3);

        // One that begins anew knows the first one only, which does not lead: it is told who does.
        cluster.StartMeta();
        await MetaStatus.WaitWholeAsync(cluster, 3);
        Assert.NotEqual(1, await MetaStatus.LeaderOfAsync(cluster));
        await cluster.ChunkServers[1].KillAsync();
        cluster.StartChunkServer(1);
        await cluster.WaitHealthyAsync(3);

        var later = await cluster.ConnectAsync();
        using var found = new MemoryStream();
        await later.GetAsync("/file", found);
        Assert.Equal(Content.Of(1, 100_000), found.ToArray());
        await later.PutAsync("/second", Content.Of(2, 100_000));
    }

    [Fact]
    public async Task Leadership_goes_where_it_is_told_to_and_no_operation_fails()
    {
        await using var cluster = await TestCluster.StartAsync(ThreeAlone);
        var client = await cluster.ConnectAsync();
        await MetaStatus.WaitWholeAsync(cluster, 3);
        using var stop = new CancellationTokenSource();
        int made = 0;
        var making = Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; made++)
            {
                await client.CreateDirectoryAsync($"/d{made}");
            }
        });
        for (int number = 1; number <= 3; number++)
        {
            var (code, output) = await cluster.RunAsync("admin", "meta", "transfer", cluster.MetaAddresses[number - 1]);
            Assert.True(code == 0, output);
            await Eventually.HoldsAsync("it leads", async () => await MetaStatus.LeaderOfAsync(cluster) == number);
        }

        await stop.CancelAsync();
        await making;
        Assert.Equal(made, await client.ListAsync("/").CountAsync());
    }

    // Some more happens under the next leader.
    private static async Task EndAsync(NamespaceHistory history, IEnumerable<Task> churn, CancellationTokenSource stop)
    {
        int before = history.Calls.Count(call => call.Outcome == Outcome.Done);
        await Eventually.HoldsAsync(
            "operations go on", () => history.Calls.Count(call => call.Outcome == Outcome.Done) > before + 40);
        await stop.CancelAsync();
        await Task.WhenAll(churn);
    }

    private static async Task ChurnAsync(
        NamespaceHistory history, DfsClient client, int number, int round, CancellationToken stop)
    {
        var caller = new NamespaceCaller(history);
        var random = new Random((round * 100) + number);
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(10, 60), CancellationToken.None);
            string one = $"{history.Root}/n{random.Next(4)}";
            string other = $"{history.Root}/n{random.Next(4)}";
            NamespaceOperation operation = random.Next(8) switch
            {
                0 => new MakeDirectoryCall(history.Path(one), Parents: false),
                1 => new RemoveDirectoryCall(history.Path(one)),
                2 or 3 => history.Put(one, 16 * random.Next(1, 200), overwrite: random.Next(2) == 0),
                4 => new MoveCall(history.Path(one), history.Path(other), Replace: random.Next(2) == 0),
                5 => new DeleteCall(history.Path(one)),
                6 => history.Read(one),
                _ => new ListCall(history.Path(history.Root)),
            };
            try
            {
                await caller.CallAsync(number, client, operation, CancellationToken.None);
            }
            catch (DfsException)
            {
                // Recorded: what a refusal says is checked as well.
            }
        }
    }
}
