using DfsNet.Devices.Network;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using ClusterCalls = DfsNet.Protocol.Wire.Cluster;

namespace DfsNet.ChunkServer.Tests.Node;

/// <summary>
/// Chunk servers in one process, on simulated disks, over links that can be broken; their metadata server has fixed answers.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    public const string MetaAddress = "meta:7700";

    private readonly List<TestServer> _servers = [];

    private TestCluster(TimeProvider time)
    {
        Time = time;
        Network = new DirectNetwork(time);
        Links = new DirectTransport(new GrpcBulkTransport(Network));
        ListenAsMetadata();
    }

    public TimeProvider Time { get; }

    public DirectNetwork Network { get; }

    public DirectTransport Links { get; }

    public FakeMetadata Metadata { get; } = new();

    public IReadOnlyList<TestServer> Servers => _servers;

    public static async Task<TestCluster> StartAsync(int servers, TimeProvider? time = null, ChunkServerOptions? options = null)
    {
        var cluster = new TestCluster(time ?? TimeProvider.System);
        for (int i = 0; i < servers; i++)
        {
            var server = cluster.AddServer();
            await server.Start(options).WaitAsync(TimeSpan.FromSeconds(30));
            await server.LearnIdsAsync();
        }

        return cluster;
    }

    public void ListenAsMetadata() => Network.Listen(MetaAddress, binder => ClusterCalls.BindService(binder, Metadata));

    public TestServer AddServer()
    {
        var server = new TestServer($"server{_servers.Count + 1}:7711", Network, Links, Time, 1_000 + _servers.Count);
        _servers.Add(server);
        return server;
    }

    /// <summary>An append stream to the first of <paramref name="chain"/> (all servers by default).</summary>
    public TestWriter OpenAppend(ulong chunk, params TestServer[] chain)
    {
        var members = (chain.Length == 0 ? _servers : chain.AsEnumerable()).Select(server => new ChainMember
        {
            ServerId = server.Id.Value,
            Address = server.Address,
            VolumeId = server.Volume.Value,
        });
        var open = new AppendOpen
        {
            ChunkId = chunk,
            Generation = 7,
            SessionId = 1,
            Capacity = Limits.ChunkSizeMax,
            ClusterId = FakeMetadata.ClusterNumber,
            Chain = { members },
        };
        return new TestWriter(Links, open);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
