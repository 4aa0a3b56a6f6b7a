using DfsNet.Client;
using DfsNet.Cluster.Harness;

namespace DfsNet.Cluster;

/// <summary>Writers that die, sleep, or meet each other.</summary>
public sealed class WritersTests
{
    private static readonly TestClusterOptions ShortSessions = new()
    {
        Meta = ["--session-timeout", "3s", "--keep-alive-interval", "500ms"],
    };

    [Fact]
    public async Task A_writer_that_dies_leaves_no_file_and_no_open_chunk()
    {
        await using var cluster = await TestCluster.StartAsync(ShortSessions);
        var observer = await cluster.ConnectAsync();
        await using var writer = await StartWriterAsync(cluster, observer);

        await writer.KillAsync();

        await Eventually.HoldsAsync("the session has ended: nothing is open", async () =>
            (await observer.GetStatusAsync()).OpenChunks == 0);
        await Assert.ThrowsAsync<DfsException>(() => observer.StatAsync("/file"));
        await observer.PutAsync("/file", Content.Of(1, 1_000));
    }

    [Fact]
    public async Task A_writer_that_sleeps_past_its_session_is_told_so_and_commits_nothing()
    {
        await using var cluster = await TestCluster.StartAsync(ShortSessions);
        var observer = await cluster.ConnectAsync();
        await using var writer = await StartWriterAsync(cluster, observer);

        writer.Pause();
        await Eventually.HoldsAsync("the session has ended: nothing is open", async () =>
            (await observer.GetStatusAsync()).OpenChunks == 0);
        writer.Resume();
        writer.Input.Close();

        Assert.Equal(1, await writer.WaitAsync(TimeSpan.FromSeconds(40)));
        Assert.Contains("session", writer.Log, StringComparison.OrdinalIgnoreCase);
        await Assert.ThrowsAsync<DfsException>(() => observer.StatAsync("/file"));
    }

    [Fact]
    public async Task Concurrent_overwrites_leave_the_whole_of_some_of_them()
    {
        await using var cluster = await TestCluster.StartAsync();
        const int Length = 200_000;
        const int Writers = 4;
        var clients = await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => cluster.ConnectAsync()));
        await clients[0].PutAsync("/file", new byte[Length]);

        await Task.WhenAll(clients.Select((client, writer) => Task.Run(async () =>
        {
            for (int round = 0; round < 5; round++)
            {
                await using var file = await client.OpenWriteAsync("/file", new DfsWriteOptions { Mode = DfsWriteMode.Open });
                var bytes = new byte[Length];
                Array.Fill(bytes, (byte)(writer + 1));
                await file.WriteAsync(bytes);
                await file.FlushAsync();
            }
        })));

        using var found = new MemoryStream();
        await clients[0].GetAsync("/file", found);
        Assert.Equal(Length, found.Length);
        Assert.Single(found.ToArray().Distinct());
    }

    [Fact]
    public async Task Concurrent_appends_are_all_there_once_and_whole()
    {
        await using var cluster = await TestCluster.StartAsync();
        const int Record = 1_000;
        const int Rounds = 25;
        var clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => cluster.ConnectAsync()));
        await clients[0].PutAsync("/log", ReadOnlyMemory<byte>.Empty);

        await Task.WhenAll(clients.Select((client, writer) => Task.Run(async () =>
        {
            await using var file = await client.OpenWriteAsync("/log", new DfsWriteOptions { Mode = DfsWriteMode.Append });
            for (int round = 0; round < Rounds; round++)
            {
                await file.WriteAsync(Content.Of((writer * 1_000) + round, Record));
                await file.FlushAsync();
            }
        })));

        using var found = new MemoryStream();
        await clients[0].GetAsync("/log", found);
        var expected =
            from writer in Enumerable.Range(0, clients.Length)
            from round in Enumerable.Range(0, Rounds)
            select Convert.ToHexString(Content.Of((writer * 1_000) + round, Record));
        var records = found.ToArray().Chunk(Record).Select(Convert.ToHexString);
        Assert.Equal(expected.Order(StringComparer.Ordinal), records.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_two_who_create_one_name_one_wins()
    {
        await using var cluster = await TestCluster.StartAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => cluster.ConnectAsync()));
        for (int round = 0; round < 10; round++)
        {
            string path = $"/once{round}";
            bool[] won = await Task.WhenAll(clients.Select(async (client, writer) =>
            {
                try
                {
                    await client.PutAsync(path, Content.Of(writer, 2_000));
                    return true;
                }
                catch (DfsException error) when (error.Code == Protocol.Wire.ErrorCode.AlreadyExists)
                {
                    return false;
                }
            }));
            int winner = Array.IndexOf(won, true);
            Assert.Equal(1, won.Count(one => one));
            using var found = new MemoryStream();
            await clients[0].GetAsync(path, found);
            Assert.Equal(Content.Of(winner, 2_000), found.ToArray());
        }
    }

    /// <summary>A `dfs put` from standard input that has sent its first megabytes and waits for more.</summary>
    private static async Task<DfsProcess> StartWriterAsync(TestCluster cluster, DfsClient observer)
    {
        var writer = cluster.Start("writer", ["put", "-", "/file", "--meta", cluster.MetaAddress]);
        await writer.Input.WriteAsync(Content.Of(1, 24 * 1024 * 1024));
        await writer.Input.FlushAsync();
        await Eventually.HoldsAsync("the writer has an open chunk", async () =>
            (await observer.GetStatusAsync()).OpenChunks > 0);
        return writer;
    }
}
