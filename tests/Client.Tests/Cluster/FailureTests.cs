using System.Diagnostics;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Tests.Cluster;

/// <summary>Servers die, links break and bytes rot while the application notices nothing, or gets a typed error.</summary>
public sealed class FailureTests
{
    private const int Chunk = 2 * 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_chain_that_loses_any_of_its_servers_is_replaced_without_loss_or_duplicates(int position)
    {
        await using var cluster = await TestCluster.StartAsync(servers: 5, chunkSize: Chunk);
        byte[] content = Bytes.Of((4 * Chunk) + 777);
        await using (var stream = await cluster.Client.OpenWriteAsync("/f"))
        {
            await stream.WriteAsync(content.AsMemory(0, Chunk + 1000));
            await stream.FlushAsync();
            var chunk = (await cluster.Client.LocateAsync("/f")).Chunks[^1];
            await stream.WriteAsync(content.AsMemory(Chunk + 1000, 500_000));
            string victim = chunk.Replicas[position].Address;
            cluster.Network.Kill(victim);
            await stream.WriteAsync(content.AsMemory(Chunk + 501_000));
        }

        Assert.Equal(content, await Bytes.ReadAsync(cluster.Client, "/f"));
    }

    [Fact]
    public async Task Small_files_survive_the_death_of_a_server()
    {
        await using var cluster = await TestCluster.StartAsync(servers: 5);
        int stored = 0;
        var eight = new ParallelOptions { MaxDegreeOfParallelism = 8 };
        var writing = Parallel.ForEachAsync(Enumerable.Range(0, 200), eight, async (i, token) =>
        {
            await cluster.Client.PutAsync($"/s{i}", Bytes.Of(2000 + i, i), null, token);
            if (Interlocked.Increment(ref stored) == 50)
            {
                cluster.Kill(2);
            }
        });
        await writing;
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(Bytes.Of(2000 + i, i), await Bytes.ReadAsync(cluster.Client, $"/s{i}"));
        }
    }

    [Fact]
    public async Task A_corrupted_frame_ends_the_chain_and_is_sent_again()
    {
        await using var cluster = await TestCluster.StartAsync(servers: 5, chunkSize: Chunk);
        for (int i = 0; i < 5; i++)
        {
            cluster.Links.To(TestCluster.AddressOf(i)).CorruptFrames(1);
        }

        byte[] content = Bytes.Of(3 * Chunk);
        await cluster.Client.PutAsync("/f", new MemoryStream(content));
        Assert.Equal(content, await Bytes.ReadAsync(cluster.Client, "/f"));
    }

    [Fact]
    public async Task A_chain_whose_acknowledgements_vanish_is_replaced()
    {
        await using var cluster = await TestCluster.StartAsync(
            servers: 5, configure: options => options with { ChainSilence = TimeSpan.FromMilliseconds(700) });
        await cluster.Client.PutAsync("/warm", Bytes.Of(10));
        var head = (await cluster.Client.LocateAsync("/warm")).Chunks[0].Replicas;
        foreach (var replica in head)
        {
            cluster.Links.To(replica.Address).DropAcks = true;
        }

        var put = cluster.Client.PutAsync("/f", Bytes.Of(1000));
        await Task.Delay(1000);
        foreach (var replica in head)
        {
            cluster.Links.To(replica.Address).DropAcks = false;
        }

        await put;
        Assert.Equal(Bytes.Of(1000), await Bytes.ReadAsync(cluster.Client, "/f"));
    }

    [Fact]
    public async Task Bad_bytes_on_the_way_are_never_returned()
    {
        await using var cluster = await TestCluster.StartAsync(chunkSize: Chunk);
        byte[] content = Bytes.Of(2 * Chunk);
        await cluster.Client.PutAsync("/f", new MemoryStream(content));
        foreach (var replica in (await cluster.Client.LocateAsync("/f")).Chunks[0].Replicas.Take(2))
        {
            cluster.Links.To(replica.Address).CorruptReads(3);
        }

        Assert.Equal(content, await Bytes.ReadAsync(cluster.Client, "/f"));
    }

    [Fact]
    public async Task A_server_that_dies_or_stalls_in_the_middle_of_a_read_is_replaced()
    {
        await using var cluster = await TestCluster.StartAsync(servers: 3, chunkSize: 4 * Chunk);
        byte[] content = Bytes.Of(16 * Chunk);
        await cluster.Client.PutAsync("/f", new MemoryStream(content));
        var target = new MemoryStream();
        bool killed = false;
        var progress = new Callback(bytes =>
        {
            if (bytes > 2 * Chunk && !killed)
            {
                killed = true;
                cluster.Kill(0);
                cluster.Links.To(TestCluster.AddressOf(1)).Stall();
            }
        });
        await cluster.Client.GetAsync("/f", target, progress);
        cluster.Links.To(TestCluster.AddressOf(1)).Resume();
        Assert.True(killed);
        Assert.Equal(content, target.ToArray());
    }

    [Fact]
    public async Task A_read_from_silent_servers_ends_in_time_however_patient_it_is_with_each()
    {
        await using var cluster = await TestCluster.StartAsync(servers: 3);
        await cluster.Client.PutAsync("/f", new MemoryStream(Bytes.Of(2 * Chunk)));
        await using var client = await cluster.ConnectAsync(
            options => options with { CallTimeout = TimeSpan.FromSeconds(1), ReadSilence = TimeSpan.FromSeconds(20) });
        for (int i = 0; i < 3; i++)
        {
            cluster.Links.To(TestCluster.AddressOf(i)).Stall();
        }

        var watch = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<DfsException>(() => Bytes.ReadAsync(client, "/f"));
        Assert.Equal(ErrorCode.TimedOut, error.Code);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(10));
        for (int i = 0; i < 3; i++)
        {
            cluster.Links.To(TestCluster.AddressOf(i)).Resume();
        }
    }

    [Fact]
    public async Task What_was_read_before_a_failure_is_delivered_and_the_stream_goes_on_behind_it()
    {
        await using var cluster = await TestCluster.StartAsync(servers: 3);
        byte[] content = Bytes.Of(2 * Chunk);
        await cluster.Client.PutAsync("/f", new MemoryStream(content));
        await using var client = await cluster.ConnectAsync(options => options with { CallTimeout = TimeSpan.FromSeconds(1) });
        await using var stream = await client.OpenReadAsync("/f");
        byte[] read = new byte[content.Length];
        int done = await stream.ReadAsync(read.AsMemory(0, 100));
        ForEachServer(address => cluster.Links.To(address).Stall());

        await Assert.ThrowsAsync<DfsException>(async () =>
        {
            while (true)
            {
                done += await stream.ReadAsync(read.AsMemory(done));
            }
        });
        Assert.InRange(done, 101, content.Length - 1);
        Assert.Equal(done, stream.Position);

        ForEachServer(address => cluster.Links.To(address).Resume());
        await stream.ReadExactlyAsync(read.AsMemory(done));
        Assert.Equal(content, read);
    }

    [Fact]
    public async Task Bytes_that_no_replica_has_are_a_typed_error_that_names_the_range()
    {
        await using var cluster = await TestCluster.StartAsync(servers: 3);
        await cluster.Client.PutAsync("/f", Bytes.Of(100_000));
        for (int i = 0; i < 3; i++)
        {
            cluster.Links.To(TestCluster.AddressOf(i)).CorruptReads(1_000);
        }

        var error = await Assert.ThrowsAsync<DfsException>(() => Bytes.ReadAsync(cluster.Client, "/f"));
        Assert.Equal(ErrorCode.DataLoss, error.Code);
        Assert.Contains("bytes 0 to 99999", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_chunk_servers_a_write_ends_with_a_typed_error()
    {
        await using var cluster = await TestCluster.StartAsync(
            servers: 0, configure: options => options with { CallTimeout = TimeSpan.FromSeconds(5) });
        var error = await Assert.ThrowsAsync<DfsException>(() => cluster.Client.PutAsync("/f", Bytes.Of(100)));
        Assert.Equal(ErrorCode.TooFewServers, error.Code);
        await cluster.Client.PutAsync("/empty", ReadOnlyMemory<byte>.Empty);
    }

    [Fact]
    public async Task A_large_write_that_ran_out_of_time_says_what_it_waited_for()
    {
        await using var cluster = await TestCluster.StartAsync(
            servers: 1, configure: options => options with { CallTimeout = TimeSpan.FromSeconds(3) });
        var error = await Assert.ThrowsAsync<DfsException>(() => cluster.Client.PutAsync("/f", new MemoryStream(Bytes.Of(8 * Chunk))));
        Assert.Equal(ErrorCode.TooFewServers, error.Code);
        Assert.Contains("1 of 1 healthy chunk servers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunks_are_not_allocated_in_a_hurry_while_a_needed_server_is_dead()
    {
        await using var cluster = await TestCluster.StartAsync(
            servers: 2, configure: options => options with { CallTimeout = TimeSpan.FromSeconds(2) });
        await cluster.Client.PutAsync("/warm", Bytes.Of(100));
        ulong before = (await cluster.Client.GetStatusAsync()).AppliedIndex;
        cluster.Kill(1);

        await Assert.ThrowsAsync<DfsException>(() => cluster.Client.PutAsync("/f", Bytes.Of(100)));

        // Each attempt costs a few entries; with pauses that double there is room for about a dozen attempts, without for hundreds.
        ulong after = (await cluster.Client.GetStatusAsync()).AppliedIndex;
        Assert.InRange(after - before, 0UL, 80UL);
    }

    [Fact]
    public async Task With_everything_down_every_call_ends_in_time()
    {
        await using var cluster = await TestCluster.StartAsync(
            servers: 3, configure: options => options with { CallTimeout = TimeSpan.FromSeconds(1) });
        await cluster.Client.PutAsync("/f", Bytes.Of(300_000));
        var reader = await cluster.Client.OpenReadAsync("/f");
        var writer = await cluster.Client.OpenWriteAsync("/g");
        await writer.WriteAsync(Bytes.Of(300_000));
        await writer.FlushAsync();
        for (int i = 0; i < 3; i++)
        {
            cluster.Kill(i);
        }

        cluster.KillMeta();
        Func<Task>[] calls =
        [
            () => cluster.Client.StatAsync("/f"),
            () => cluster.Client.PutAsync("/h", Bytes.Of(10)),
            () => cluster.Client.DeleteFileAsync("/f"),
            () => cluster.Client.OpenReadAsync("/f"),
            () => reader.ReadAsync(new byte[100]).AsTask(),
            async () =>
            {
                await writer.WriteAsync(Bytes.Of(10));
                await writer.FlushAsync();
            },
        ];
        foreach (var call in calls)
        {
            var error = await Assert.ThrowsAsync<DfsException>(() => call().WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Contains(error.Code, new[] { ErrorCode.TimedOut, ErrorCode.Unavailable });
        }

        await writer.DisposeAsync();
    }

    private static void ForEachServer(Action<string> action)
    {
        for (int i = 0; i < 3; i++)
        {
            action(TestCluster.AddressOf(i));
        }
    }

    private sealed class Callback(Action<long> action) : IProgress<long>
    {
        public void Report(long value) => action(value);
    }
}
