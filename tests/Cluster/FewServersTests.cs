using System.Diagnostics;
using DfsNet.Cluster.Harness;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cluster;

/// <summary>Less than a whole cluster: what can be done is done, the rest is a typed error in bounded time.</summary>
public sealed class FewServersTests
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Without_chunk_servers_names_work_and_bytes_are_refused()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 0 });
        var client = await cluster.ConnectAsync(options => options with { CallTimeout = CallTimeout });

        await client.CreateDirectoryAsync("/d");
        var error = await Assert.ThrowsAsync<DfsException>(() => client.PutAsync("/d/f", Content.Of(1, 10_000)));

        Assert.Equal(ErrorCode.TooFewServers, error.Code);
        await Assert.ThrowsAsync<DfsException>(() => client.StatAsync("/d/f"));
    }

    [Fact]
    public async Task Fewer_than_min_replicas_refuse_bytes()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 1 });
        var client = await cluster.ConnectAsync(options => options with { CallTimeout = CallTimeout });

        var error = await Assert.ThrowsAsync<DfsException>(() => client.PutAsync("/f", Content.Of(1, 10_000)));

        Assert.Equal(ErrorCode.TooFewServers, error.Code);
    }

    [Fact]
    public async Task Fewer_than_wanted_take_bytes_and_the_status_says_so()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 2 });
        var client = await cluster.ConnectAsync();
        byte[] content = Content.Of(1, 10_000);

        await client.PutAsync("/f", content);

        using var found = new MemoryStream();
        await client.GetAsync("/f", found);
        Assert.Equal(content, found.ToArray());
        await Eventually.HoldsAsync("one chunk is under-replicated", async () => (await client.GetStatusAsync()).UnderReplicated == 1);
    }

    [Fact]
    public async Task Without_a_metadata_server_every_call_ends_in_bounded_time()
    {
        await using var cluster = await TestCluster.StartAsync();
        var client = await cluster.ConnectAsync(options => options with { CallTimeout = CallTimeout, ConnectTimeout = CallTimeout });
        await cluster.Meta.KillAsync();

        long began = Stopwatch.GetTimestamp();
        var calls = new Func<Task>[]
        {
            () => client.StatAsync("/"),
            () => client.CreateDirectoryAsync("/d"),
            () => client.PutAsync("/f", Content.Of(1, 10_000)),
            () => client.GetStatusAsync(),
            () => cluster.ConnectAsync(options => options with { ConnectTimeout = CallTimeout }),
        };
        foreach (var error in await Task.WhenAll(calls.Select(call => Assert.ThrowsAsync<DfsException>(call))))
        {
            Assert.Contains(error.Code, new[] { ErrorCode.Unavailable, ErrorCode.TimedOut, ErrorCode.OutcomeUnknown });
        }

        // A deadline, not a measurement: ten times the limit that was asked for.
        Assert.True(Stopwatch.GetElapsedTime(began) < CallTimeout * 10);
        var (code, output) = await cluster.RunAsync("ls", "/");
        Assert.Equal(1, code);
        Assert.Contains(cluster.MetaAddress, output, StringComparison.Ordinal);
    }
}
