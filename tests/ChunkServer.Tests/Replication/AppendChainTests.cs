using DfsNet.ChunkServer.Tests.Node;
using DfsNet.Devices.Time;
using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Tests.Replication;

public sealed class AppendChainTests
{
    private static byte[] Bytes(int length, int seed = 1)
    {
        byte[] data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }

    private static async Task<byte[]> ReadAllAsync(TestCluster cluster, TestServer server, ulong chunk, int length)
    {
        var content = new MemoryStream();
        var request = new ReadRequest { ChunkId = chunk, Length = (uint)length, KnownLength = (uint)length };
        await foreach (var frame in cluster.Links.ReadAsync(server.Address, request, CancellationToken.None))
        {
            using (frame)
            {
                Assert.Equal(content.Length, frame.Header.Offset);
                content.Write(frame.Payload.Span);
            }
        }

        return content.ToArray();
    }

    [Fact]
    public async Task What_is_acknowledged_is_on_all_three_servers_with_its_digest()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await using var writer = cluster.OpenAppend(1);
        foreach (int length in new[] { 1, 4_096, 65_536, 100_000, 1_048_576, 333 })
        {
            await writer.SendAsync(Bytes(length, length));
        }

        var ack = await writer.ReceiveLastAsync();
        Assert.Null(ack.Error);
        Assert.Equal(writer.Digest, ack.Digest);
        foreach (var server in cluster.Servers)
        {
            Assert.Equal(writer.Content, await ReadAllAsync(cluster, server, 1, writer.Content.Length));
        }
    }

    [Fact]
    public async Task A_closed_stream_ends_in_good_order()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(200_000));
        await writer.CompleteAsync();
        Assert.Null((await writer.ReceiveLastAsync()).Error);
        Assert.Null(await writer.ReceiveAsync());
    }

    [Fact]
    public async Task Acknowledged_bytes_survive_a_power_cut_of_all_servers()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await using var writer = cluster.OpenAppend(1);
        for (int i = 0; i < 20; i++)
        {
            await writer.SendAsync(Bytes(50_000 + (i * 9_000), i));
        }

        Assert.Null((await writer.ReceiveLastAsync()).Error);
        foreach (var server in cluster.Servers)
        {
            server.Disk.Crash();
            await server.KillAsync();
            await server.Start().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(writer.Content, await ReadAllAsync(cluster, server, 1, writer.Content.Length));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_killed_server_ends_the_chain_and_is_named(int killed)
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(300_000));
        Assert.Null((await writer.ReceiveLastAsync()).Error);

        await cluster.Servers[killed].KillAsync();
        if (killed == 0)
        {
            var error = await Assert.ThrowsAsync<DfsException>(writer.ReceiveAsync);
            Assert.Equal(ErrorCode.Unavailable, error.Code);
        }
        else
        {
            var error = await writer.ReceiveErrorAsync();
            Assert.Equal(ErrorCode.ChainFailed, error.Code);
            Assert.Equal(cluster.Servers[killed].Id.Value, error.ServerId);
            Assert.Equal(FailedSide.Network, error.Side);
        }

        foreach (var server in cluster.Servers.Where((_, i) => i != killed))
        {
            Assert.Equal(writer.Content, await ReadAllAsync(cluster, server, 1, writer.Content.Length));
        }
    }

    [Fact]
    public async Task A_frame_with_a_wrong_checksum_is_the_senders_fault_and_is_not_stored()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(70_000));
        Assert.Null((await writer.ReceiveLastAsync()).Error);
        await writer.SendAsync(Bytes(70_000), frame => frame.PieceCrcs[1] ^= 1);
        var error = await writer.ReceiveErrorAsync();
        Assert.Equal(ErrorCode.ChecksumMismatch, error.Code);
        Assert.Equal(0ul, error.ServerId);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_frame_with_a_wrong_offset_ends_the_chain(int by)
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(1_000));
        await writer.SendAsync(Bytes(1_000), frame => frame.Offset = (uint)(frame.Offset + by));
        Assert.Equal(ErrorCode.InvalidArgument, (await writer.ReceiveErrorAsync()).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_frame_corrupted_between_two_servers_is_never_stored(int target)
    {
        await using var cluster = await TestCluster.StartAsync(3);
        cluster.Links.To(cluster.Servers[target].Address).CorruptFrames(1);
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(200_000));
        var error = await writer.ReceiveErrorAsync();
        Assert.Equal(ErrorCode.ChainFailed, error.Code);
        Assert.Equal(cluster.Servers[target].Id.Value, error.ServerId);
        Assert.Equal(FailedSide.Data, error.Side);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_silent_server_is_named_by_the_one_before_it(int silent)
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(3, time);
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(1_000));
        Assert.Null((await writer.ReceiveLastAsync()).Error);

        cluster.Links.To(cluster.Servers[silent].Address).Stall();
        await writer.SendAsync(Bytes(1_000));
        var error = await AdvanceUntilAsync(time, writer.ReceiveErrorAsync());
        Assert.Equal(ErrorCode.ChainFailed, error.Code);
        Assert.Equal(cluster.Servers[silent].Id.Value, error.ServerId);
        Assert.Equal(FailedSide.Network, error.Side);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_server_with_a_hung_disk_is_named(int hung)
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(3, time);
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(1_000));
        Assert.Null((await writer.ReceiveLastAsync()).Error);

        cluster.Servers[hung].Disk.StallFor(TimeSpan.FromMinutes(1));
        await writer.SendAsync(Bytes(1_000));
        var error = await AdvanceUntilAsync(time, writer.ReceiveErrorAsync());
        Assert.Equal(ErrorCode.ChainFailed, error.Code);
        Assert.Equal(cluster.Servers[hung].Id.Value, error.ServerId);
        Assert.Equal(FailedSide.Disk, error.Side);
        time.Advance(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Lost_acknowledgements_end_the_chain_though_the_bytes_arrived()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(3, time);
        cluster.Links.To(cluster.Servers[2].Address).DropAcks = true;
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(5_000));
        var error = await AdvanceUntilAsync(time, writer.ReceiveErrorAsync());
        Assert.Equal(cluster.Servers[2].Id.Value, error.ServerId);
        Assert.Equal(writer.Content, await ReadAllAsync(cluster, cluster.Servers[2], 1, writer.Content.Length));
    }

    [Fact]
    public async Task A_failed_flush_withholds_the_acknowledgement_and_names_the_disk()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(1_000));
        Assert.Null((await writer.ReceiveLastAsync()).Error);
        cluster.Servers[1].Disk.FlushesFail = true;
        await writer.SendAsync(Bytes(1_000));
        var error = await writer.ReceiveErrorAsync();
        Assert.Equal(ErrorCode.ChainFailed, error.Code);
        Assert.Equal(cluster.Servers[1].Id.Value, error.ServerId);
        Assert.Equal(FailedSide.Disk, error.Side);
        ulong volume = cluster.Servers[1].Volume.Value;
        await Eventually.TrueAsync(() => cluster.Metadata.Heartbeats.Any(heartbeat => heartbeat.FailedVolumes.Contains(volume)));
    }

    [Fact]
    public async Task A_chunk_takes_one_stream_in_its_life()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await using var first = cluster.OpenAppend(1);
        await first.SendAsync(Bytes(1_000));
        Assert.Null((await first.ReceiveLastAsync()).Error);

        await using var second = cluster.OpenAppend(1);
        await second.SendAsync(Bytes(1_000));
        Assert.Equal(ErrorCode.AlreadyExists, (await second.ReceiveErrorAsync()).Code);

        await first.SendAsync(Bytes(2_000));
        Assert.Null((await first.ReceiveLastAsync()).Error);
    }

    [Fact]
    public async Task A_restarted_server_serves_the_chunk_but_takes_no_appends_to_it()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];
        await using var writer = cluster.OpenAppend(1);
        await writer.SendAsync(Bytes(10_000));
        Assert.Null((await writer.ReceiveLastAsync()).Error);
        await server.StopAsync();
        await server.Start().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(writer.Content, await ReadAllAsync(cluster, server, 1, 10_000));
        await using var again = cluster.OpenAppend(1);
        await again.SendAsync(Bytes(1_000));
        Assert.NotEqual(ErrorCode.Unspecified, (await again.ReceiveErrorAsync()).Code);
    }

    [Fact]
    public async Task An_opening_that_cannot_be_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var wrong = new (Action<AppendOpen> Spoil, ErrorCode Code)[]
        {
            (open => open.ClusterId++, ErrorCode.WrongCluster),
            (open => open.Position = 2, ErrorCode.InvalidArgument),
            (open => open.Position = 1, ErrorCode.InvalidArgument),
            (open => open.Capacity = Limits.ChunkSizeMax + 1, ErrorCode.InvalidArgument),
            (open => open.Chain[0].VolumeId++, ErrorCode.VolumeFailed),
            (open => open.Chain[1].ServerId = open.Chain[0].ServerId, ErrorCode.InvalidArgument),
            (open => open.ChunkId = 0, ErrorCode.InvalidArgument),
        };
        foreach (var (spoil, code) in wrong)
        {
            await using var writer = cluster.OpenAppend(9);
            spoil(writer.Open);
            await writer.OpenAsync();
            Assert.Equal(code, (await writer.ReceiveErrorAsync()).Code);
        }
    }

    [Fact]
    public async Task A_hung_chain_does_not_hold_up_another()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        cluster.Links.To(cluster.Servers[2].Address).Stall();
        await using var hung = cluster.OpenAppend(1);
        for (int i = 0; i < 15; i++)
        {
            await hung.SendAsync(Bytes(1_000_000));
        }

        await using var other = cluster.OpenAppend(2, cluster.Servers[0], cluster.Servers[1]);
        await other.SendAsync(Bytes(100_000));
        Assert.Null((await other.ReceiveLastAsync()).Error);
    }

    private static async Task<T> AdvanceUntilAsync<T>(ManualTimeProvider time, Task<T> done)
    {
        while (!done.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(1);
        }

        return await done;
    }
}
