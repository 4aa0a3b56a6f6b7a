using System.Net;
using System.Net.Sockets;
using DfsNet.ChunkServer;
using DfsNet.Client;
using DfsNet.Hosting.Nodes;
using DfsNet.MetaServer;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.Hosting;

/// <summary>Real nodes behind real listeners: they serve, stop, start again and refuse what must be refused.</summary>
public sealed class EmbeddedClusterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfs-hosting-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Data_survives_a_stop_and_a_start()
    {
        byte[] content = new byte[300_000];
        new Random(1).NextBytes(content);
        await using (var cluster = await StartAsync(2))
        {
            await using var client = await ConnectAsync(cluster);
            await client.PutAsync("/f", content);
        }

        await using (var cluster = await StartAsync(2))
        {
            await using var client = await ConnectAsync(cluster);
            Assert.Equal(content, await ReadAsync(client, "/f"));
        }
    }

    [Fact]
    public async Task A_killed_chunk_server_is_missed_by_nobody_and_comes_back()
    {
        byte[] content = new byte[200_000];
        new Random(2).NextBytes(content);
        await using var cluster = await StartAsync(3);
        await using var client = await ConnectAsync(cluster);
        await client.PutAsync("/f", content);

        await cluster.KillChunkServerAsync(0);
        Assert.Equal(content, await ReadAsync(client, "/f"));
        await client.PutAsync("/g", content);

        await cluster.StartChunkServerAsync(0, TestContext.Current.CancellationToken);
        await cluster.KillChunkServerAsync(1);
        Assert.Equal(content, await ReadAsync(client, "/f"));
        Assert.Equal(content, await ReadAsync(client, "/g"));
    }

    [Fact]
    public async Task An_address_in_use_is_told_and_the_data_is_not_touched()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string address = $"127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        var error = await Assert.ThrowsAsync<DfsException>(() => MetaServerHost.StartAsync(
            new MetaServerOptions { Data = Path.Combine(_folder, "m"), Listen = address },
            NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken));

        Assert.Contains(address, error.Message, StringComparison.Ordinal);
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder, "m")));
    }

    [Fact]
    public async Task A_second_server_on_a_data_directory_is_refused()
    {
        await using var cluster = await StartAsync(1);
        await using var second = await MetaServerHost.StartAsync(
            new MetaServerOptions { Data = Path.Combine(_folder, "meta"), Listen = "127.0.0.1:0" },
            NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<Exception>(() => second.WaitReadyAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAnyAsync<Exception>(() => second.Completion);
    }

    [Theory]
    [InlineData("0.0.0.0:0", "", "--advertise")]
    [InlineData("127.0.0.1:0", "nonsense", "--advertise")]
    public void A_place_that_others_cannot_reach_is_refused(string listen, string advertise, string expected)
    {
        var place = new ChunkServerPlace { Data = [_folder], Listen = listen, Advertise = advertise };

        var error = Assert.Throws<DfsException>(place.Validate);

        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chunk_server_finds_a_metadata_server_that_starts_later()
    {
        int port = FreePort();
        await using var chunks = await ChunkServerHost.StartAsync(
            new ChunkServerPlace { Data = [Path.Combine(_folder, "c")], Listen = "127.0.0.1:0" },
            new ChunkServerOptions { MetaServers = [$"127.0.0.1:{port}"] },
            NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken);
        Assert.False(chunks.Ready.IsCompleted);

        await using var meta = await MetaServerHost.StartAsync(
            new MetaServerOptions { Data = Path.Combine(_folder, "m"), Listen = $"127.0.0.1:{port}" },
            NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken);
        await chunks.WaitReadyAsync(TestContext.Current.CancellationToken);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Task<DfsClient> ConnectAsync(EmbeddedCluster cluster) =>
        DfsClient.ConnectAsync(new DfsClientOptions { MetadataAddresses = [cluster.MetaServer.Address] });

    private static async Task<byte[]> ReadAsync(DfsClient client, string path)
    {
        using var found = new MemoryStream();
        await client.GetAsync(path, found);
        return found.ToArray();
    }

    private Task<EmbeddedCluster> StartAsync(int chunkServers) => EmbeddedCluster.StartAsync(
        new EmbeddedClusterOptions { Data = _folder, ChunkServers = chunkServers, Replication = Math.Min(3, chunkServers) },
        NullLoggerFactory.Instance,
        TestContext.Current.CancellationToken);
}
