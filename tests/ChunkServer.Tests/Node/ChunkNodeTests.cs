using DfsNet.ChunkServer.Chunks;
using DfsNet.Devices.Time;
using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.ChunkServer.Tests.Node;

public sealed class ChunkNodeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static async Task<TestWriter> WriteAsync(TestCluster cluster, ulong chunk, int length, params TestServer[] chain)
    {
        byte[] data = new byte[length];
        new Random((int)chunk).NextBytes(data);
        var writer = cluster.OpenAppend(chunk, chain);
        for (int at = 0; at < length; at += Limits.FramePayloadMax)
        {
            await writer.SendAsync(data[at..Math.Min(length, at + Limits.FramePayloadMax)]);
        }

        Assert.Null((await writer.ReceiveLastAsync()).Error);
        return writer;
    }

    private static Order Seal(TestWriter writer) => new()
    {
        Term = 5,
        ChunkId = writer.Open.ChunkId,
        Generation = writer.Open.Generation,
        Seal = new SealOrder { Length = (uint)writer.Content.Length, Digest = writer.Digest },
    };

    private static bool Told(TestCluster cluster, TestServer server, ulong chunk, ReplicaCondition condition) =>
        cluster.Metadata.Heartbeats.Any(heartbeat => heartbeat.ServerId == server.Id.Value
            && heartbeat.Changed.Any(report => report.ChunkId == chunk && report.Condition == condition));

    [Fact]
    public async Task A_server_waits_for_a_metadata_server_that_starts_later()
    {
        await using var cluster = await TestCluster.StartAsync(0);
        var server = cluster.AddServer();
        cluster.Network.Kill(TestCluster.MetaAddress);
        var ready = server.Start();
        await Task.Delay(50);
        Assert.False(ready.IsCompleted);
        cluster.ListenAsMetadata();
        await ready.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_server_keeps_its_ids_over_a_restart()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var server = cluster.Servers[1];
        var (id, volume) = (server.Id, server.Volume);
        await server.KillAsync();
        await server.Start().WaitAsync(Patience);
        await server.LearnIdsAsync();
        Assert.Equal((id, volume), (server.Id, server.Volume));
        Assert.Equal(id.Value, cluster.Metadata.Registrations.Last().ServerId);
    }

    [Fact]
    public async Task A_second_process_on_the_same_directory_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var second = new ChunkNode(
            new ChunkServerOptions { MetaServers = [TestCluster.MetaAddress] },
            [cluster.Servers[0].Disk],
            TimeProvider.System,
            new Random(1),
            cluster.Network,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var error = await Assert.ThrowsAsync<DfsException>(() => second.RunAsync("other:1", CancellationToken.None).WaitAsync(Patience));
        Assert.Equal(ErrorCode.Refused, error.Code);
        Assert.Contains("in use by another process", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DfsException>(() => second.Ready);
    }

    [Fact]
    public async Task A_metadata_server_of_another_cluster_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];
        await server.StopAsync();
        cluster.Metadata.ClusterId = 0xbad;
        var error = await Assert.ThrowsAsync<DfsException>(() => server.Start().WaitAsync(Patience));
        Assert.Equal(ErrorCode.WrongCluster, error.Code);
        await Assert.ThrowsAsync<DfsException>(() => server.Running);
    }

    [Fact]
    public async Task A_refused_registration_is_tried_for_a_while_and_then_final()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(0, time);
        cluster.Metadata.RefuseRegistration = new DfsException(ErrorCode.Refused, "register", "another process has this id");
        var server = cluster.AddServer();
        var ready = server.Start();
        while (!ready.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(1);
        }

        Assert.Equal(ErrorCode.Refused, (await Assert.ThrowsAsync<DfsException>(() => ready)).Code);
        Assert.True(cluster.Metadata.Registrations.Count > 3);
        await Assert.ThrowsAsync<DfsException>(() => server.Running);
    }

    [Fact]
    public async Task A_metadata_server_that_was_rolled_back_is_not_obeyed()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];
        await using var writer = await WriteAsync(cluster, 1, 1_000);
        cluster.Metadata.AppliedIndex = 200;
        int heard = cluster.Metadata.Heartbeats.Count;
        await Eventually.TrueAsync(() => cluster.Metadata.Heartbeats.Count > heard + 1);
        cluster.Metadata.AppliedIndex = 150;
        cluster.Metadata.Orders[server.Id.Value] = [new Order { Term = 5, ChunkId = 1, Generation = 7, Remove = new RemoveOrder() }];
        heard = cluster.Metadata.Heartbeats.Count;
        await Eventually.TrueAsync(() => cluster.Metadata.Heartbeats.Count > heard + 2);
        Assert.DoesNotContain(cluster.Metadata.Heartbeats, heartbeat => heartbeat.Removed.Count != 0);

        await server.StopAsync();
        var ready = server.Start();
        await Eventually.TrueAsync(() => cluster.Metadata.Registrations.Count > 2);
        Assert.False(ready.IsCompleted);
        Assert.Equal(200ul, cluster.Metadata.Registrations.Last().SeenIndex);
        cluster.Metadata.AppliedIndex = 201;
        await ready.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_metadata_server_that_does_not_lead_is_told_of_changes_when_it_does()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];
        await using var writer = await WriteAsync(cluster, 1, 100_000);
        cluster.Metadata.Follows = true;
        int heard = cluster.Metadata.Heartbeats.Count;
        await Eventually.TrueAsync(() => cluster.Metadata.Heartbeats.Count > heard + 1);

        var (path, offset) = StoredPlace.Of(new ChunkId(1), 0);
        server.Disk.FlipBit(path, offset * 8);
        var client = new Chunk.ChunkClient(cluster.Network.Control(server.Address));
        var read = new ReadSmallRequest { ChunkId = 1, Length = 1_000 };
        await Assert.ThrowsAsync<RpcException>(() => client.ReadSmallAsync(read).ResponseAsync);
        heard = cluster.Metadata.Heartbeats.Count;
        await Eventually.TrueAsync(() => cluster.Metadata.Heartbeats.Count > heard + 2);
        Assert.DoesNotContain(cluster.Metadata.Heartbeats, heartbeat => heartbeat.Changed.Count != 0);

        cluster.Metadata.Follows = false;
        await Eventually.TrueAsync(() => Told(cluster, server, 1, ReplicaCondition.Damaged));
    }

    [Fact]
    public async Task A_seal_is_carried_out_and_confirmed()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];
        await using var writer = await WriteAsync(cluster, 1, 100_000);
        cluster.Metadata.Orders[server.Id.Value] = [Seal(writer)];
        await Eventually.TrueAsync(() => Told(cluster, server, 1, ReplicaCondition.Sealed));
        await writer.SendAsync([1, 2, 3]);
        Assert.NotEqual(ErrorCode.Unspecified, (await writer.ReceiveErrorAsync()).Code);
    }

    [Fact]
    public async Task A_seal_that_contradicts_the_replica_makes_it_damaged()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];
        await using var writer = await WriteAsync(cluster, 1, 100_000);
        var seal = Seal(writer);
        seal.Seal.Digest ^= 1;
        cluster.Metadata.Orders[server.Id.Value] = [seal];
        await Eventually.TrueAsync(() => Told(cluster, server, 1, ReplicaCondition.Damaged));
    }

    [Fact]
    public async Task A_removal_is_confirmed_even_when_the_replica_never_was_there()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];
        await using var writer = await WriteAsync(cluster, 1, 100_000);
        cluster.Metadata.Orders[server.Id.Value] =
        [
            new Order { Term = 5, ChunkId = 1, Generation = 7, Remove = new RemoveOrder() },
            new Order { Term = 5, ChunkId = 99, Generation = 7, Remove = new RemoveOrder() },
        ];
        await Eventually.TrueAsync(() => cluster.Metadata.Heartbeats.SelectMany(heartbeat => heartbeat.Removed)
            .Select(removed => removed.ChunkId).Distinct().Order().SequenceEqual([1ul, 99ul]));
        var client = new Chunk.ChunkClient(cluster.Network.Control(server.Address));
        var error = await Assert.ThrowsAsync<RpcException>(
            () => client.ReadSmallAsync(new ReadSmallRequest { ChunkId = 1, Length = 10 }).ResponseAsync);
        Assert.Equal(ErrorCode.ChunkNotFound, ErrorStatus.FromRpcException(error, "read").Code);
    }

    [Fact]
    public async Task A_chain_that_opens_behind_the_removal_of_its_chunk_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await using var late = cluster.OpenAppend(99);
        cluster.Metadata.Orders[cluster.Servers[0].Id.Value] =
            [new Order { Term = 5, ChunkId = 99, Generation = late.Open.Generation, Remove = new RemoveOrder() }];
        await Eventually.TrueAsync(() => cluster.Metadata.Heartbeats.Any(heartbeat => heartbeat.Removed.Count > 0));

        await late.OpenAsync();

        Assert.Equal(ErrorCode.StaleOrder, (await late.ReceiveErrorAsync()).Code);
    }

    [Fact]
    public async Task Orders_of_an_older_term_are_refused()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];
        await using var writer = await WriteAsync(cluster, 1, 100_000);
        cluster.Metadata.Orders[server.Id.Value] = [Seal(writer)];
        await Eventually.TrueAsync(() => Told(cluster, server, 1, ReplicaCondition.Sealed));
        cluster.Metadata.Orders[server.Id.Value] = [new Order { Term = 4, ChunkId = 1, Generation = 7, Remove = new RemoveOrder() }];
        int heard = cluster.Metadata.Heartbeats.Count;
        await Eventually.TrueAsync(() => cluster.Metadata.Heartbeats.Count > heard + 2);
        Assert.DoesNotContain(cluster.Metadata.Heartbeats, heartbeat => heartbeat.Removed.Count != 0);
    }

    [Fact]
    public async Task A_metadata_server_that_forgot_the_server_hears_everything_again()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await using var writer = await WriteAsync(cluster, 42, 1_000);
        await Eventually.TrueAsync(() => !cluster.Metadata.Reports.IsEmpty);
        int reports = cluster.Metadata.Reports.Count;
        cluster.Metadata.Forget();
        await Eventually.TrueAsync(() => cluster.Metadata.Registrations.Count > 1 && cluster.Metadata.Reports.Count > reports);
        var report = cluster.Metadata.Reports.Last();
        Assert.True(report.Last);
        Assert.Equal(42ul, Assert.Single(report.Replicas).ChunkId);
    }

    [Fact]
    public async Task Changes_survive_an_outage_of_the_metadata_server()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var server = cluster.Servers[0];
        cluster.Metadata.Silent = true;
        await using var writer = await WriteAsync(cluster, 7, 1_000);
        await writer.CompleteAsync();
        Assert.Null(await writer.ReceiveAsync());
        await Task.Delay(50);
        cluster.Metadata.Silent = false;
        await Eventually.TrueAsync(() => Told(cluster, server, 7, ReplicaCondition.Open));
    }

    [Fact]
    public async Task A_copy_takes_the_next_source_when_the_first_gives_wrong_bytes()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var (bad, good, target) = (cluster.Servers[0], cluster.Servers[1], cluster.Servers[2]);
        await using var writer = await WriteAsync(cluster, 1, 3_000_000, bad, good);
        cluster.Metadata.Orders[bad.Id.Value] = [Seal(writer)];
        cluster.Metadata.Orders[good.Id.Value] = [Seal(writer)];
        await Eventually.TrueAsync(() => Told(cluster, bad, 1, ReplicaCondition.Sealed) && Told(cluster, good, 1, ReplicaCondition.Sealed));
        cluster.Links.To(bad.Address).CorruptReads(1);
        var client = new Chunk.ChunkClient(cluster.Network.Control(target.Address));
        var request = new CopyFromRequest
        {
            ChunkId = 1,
            Generation = 8,
            VolumeId = target.Volume.Value,
            Length = 3_000_000,
            Digest = writer.Digest,
            Sources = { bad.Address, "nobody:1", good.Address },
            Term = 5,
        };
        Assert.Equal(good.Address, (await client.CopyFromAsync(request)).Source);
        Assert.Equal("", (await client.CopyFromAsync(request)).Source);
        var checksums = await client.GetChecksumsAsync(new GetChecksumsRequest { ChunkId = 1, Length = 3_000_000 });
        Assert.Equal((3_000_000 + Limits.BlockSize - 1) / Limits.BlockSize, checksums.Blocks.Count);
        Assert.Equal(Crc32C.Compute(writer.Content.AsSpan(0, Limits.BlockSize)), checksums.Blocks[0]);
        var small = await client.ReadSmallAsync(new ReadSmallRequest { ChunkId = 1, Offset = 2_999_000, Length = 1_000 });
        Assert.Equal(writer.Content[2_999_000..], small.Data.ToByteArray());
    }

    [Fact]
    public async Task A_copy_of_which_no_source_is_right_leaves_nothing()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var (source, target) = (cluster.Servers[0], cluster.Servers[1]);
        await using var writer = await WriteAsync(cluster, 1, 500_000, source);
        cluster.Metadata.Orders[source.Id.Value] = [Seal(writer)];
        await Eventually.TrueAsync(() => Told(cluster, source, 1, ReplicaCondition.Sealed));
        var client = new Chunk.ChunkClient(cluster.Network.Control(target.Address));
        var request = new CopyFromRequest
        {
            ChunkId = 1,
            Generation = 8,
            VolumeId = target.Volume.Value,
            Length = 500_000,
            Digest = writer.Digest ^ 1,
            Sources = { source.Address },
            Term = 5,
        };
        var error = await Assert.ThrowsAsync<RpcException>(() => client.CopyFromAsync(request).ResponseAsync);
        Assert.Equal(ErrorCode.ChecksumMismatch, ErrorStatus.FromRpcException(error, "copy").Code);
        error = await Assert.ThrowsAsync<RpcException>(
            () => client.ReadSmallAsync(new ReadSmallRequest { ChunkId = 1, Length = 10 }).ResponseAsync);
        Assert.Equal(ErrorCode.ChunkNotFound, ErrorStatus.FromRpcException(error, "read").Code);
    }

    [Fact]
    public async Task More_append_streams_than_allowed_are_refused_as_overload()
    {
        await using var cluster = await TestCluster.StartAsync(
            1, options: new ChunkServerOptions { MetaServers = [TestCluster.MetaAddress], ReadsMax = 1, AppendsMax = 1 });
        await using var first = await WriteAsync(cluster, 1, 1_000);
        await using var second = cluster.OpenAppend(2);
        await second.OpenAsync();
        Assert.Equal(ErrorCode.Overloaded, (await second.ReceiveErrorAsync()).Code);
    }

    [Fact]
    public void Options_name_every_problem()
    {
        var options = new ChunkServerOptions
        {
            MetaServers = ["nowhere"],
            AppendsMax = 0,
            HeartbeatInterval = TimeSpan.Zero,
        };
        var error = Assert.Throws<DfsException>(options.Validate);
        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
        Assert.Contains("AppendsMax", error.Message, StringComparison.Ordinal);
        Assert.Contains("HeartbeatInterval", error.Message, StringComparison.Ordinal);
    }
}
