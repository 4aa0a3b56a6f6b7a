using DfsNet.ChunkServer;
using DfsNet.Client.Metadata;
using DfsNet.Devices;
using DfsNet.Devices.Network;
using DfsNet.MetaServer;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.Client.Tests.Cluster;

/// <summary>Real nodes and a real client in one process, on simulated disks, with links that can be broken.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private const string MetaAddress = "meta:7700";

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly List<IAsyncDisposable> _nodes = [];

    private int _clients;

    private TestCluster()
    {
    }

    public required DirectNetwork Network { get; init; }

    public required DirectTransport Links { get; init; }

    public SimulatedDisk MetaDisk { get; } = new(new Random(1), TimeProvider.System);

    public List<SimulatedDisk> Disks { get; } = [];

    public DfsClient Client { get; private set; } = null!;

    public static async Task<TestCluster> StartAsync(
        int servers = 4,
        int chunkSize = 256 * 1024,
        Func<DfsClientOptions, DfsClientOptions>? configure = null,
        Func<MetaServerOptions, MetaServerOptions>? meta = null)
    {
        var network = new DirectNetwork(TimeProvider.System);
        var cluster = new TestCluster { Network = network, Links = new DirectTransport(new GrpcBulkTransport(network)) };
        await cluster.StartMetaAsync(chunkSize, meta);
        for (int i = 0; i < servers; i++)
        {
            await cluster.StartServerAsync(i);
        }

        cluster.Client = await cluster.ConnectAsync(configure);
        return cluster;
    }

    public static string AddressOf(int server) => $"server{server}:7711";

    public Task<DfsClient> ConnectAsync(Func<DfsClientOptions, DfsClientOptions>? configure = null)
    {
        var options = new DfsClientOptions { MetadataAddresses = [MetaAddress], CallTimeout = TimeSpan.FromSeconds(60) };
        return DfsClient.ConnectAsync(
            configure?.Invoke(options) ?? options,
            Network,
            Links,
            TimeProvider.System,
            new Random(700 + ++_clients),
            NullLoggerFactory.Instance);
    }

    /// <summary>A session of nobody's, below the client.</summary>
    public async Task<Session> OpenSessionAsync()
    {
        var options = new DfsClientOptions { MetadataAddresses = [MetaAddress], CallTimeout = TimeSpan.FromSeconds(60) };
        var connection = new MetadataConnection(options, Network, TimeProvider.System, new Jitter(new Random(3)));
        var request = new OpenSessionRequest { Nonce = 3, ClientName = "test" };
        return new Session(connection, await connection.CallAsync(
            "open session", (client, call) => client.OpenSessionAsync(request, call), connection.NewDeadline(), CancellationToken.None));
    }

    /// <summary>kill -9: connections break, nobody listens.</summary>
    public void Kill(int server) => Network.Kill(AddressOf(server));

    public void KillMeta() => Network.Kill(MetaAddress);

    /// <summary>As the metadata server does after a long silence.</summary>
    public async Task EndSessionAsync(ulong session) => await new Protocol.Wire.Metadata.MetadataClient(Network.Control(MetaAddress))
        .EndSessionAsync(new EndSessionRequest { SessionId = session });

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ContinueWith(_ => { }, TaskScheduler.Default);
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task StartMetaAsync(int chunkSize, Func<MetaServerOptions, MetaServerOptions>? configure)
    {
        var options = new MetaServerOptions { Data = "simulated", ChunkSize = chunkSize };
        var node = new MetaNode(
            configure?.Invoke(options) ?? options,
            MetaDisk,
            new MemoryStateStores(),
            shelf: null,
            Network,
            TimeProvider.System,
            new Random(2),
            NullLoggerFactory.Instance);
        Network.Listen(MetaAddress, binder =>
        {
            Protocol.Wire.Metadata.BindService(binder, node.MetadataService);
            Protocol.Wire.Cluster.BindService(binder, node.ClusterService);
            Protocol.Wire.Consensus.BindService(binder, node.ConsensusService);
            Protocol.Wire.Members.BindService(binder, node.MembersService);
            Protocol.Wire.Operation.BindService(binder, node.OperationService);
        });
        _nodes.Add(node);
        _running.Add(node.RunAsync(MetaAddress, _stop.Token));
        await node.Ready.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private async Task StartServerAsync(int server)
    {
        var disk = new SimulatedDisk(new Random(100 + server), TimeProvider.System);
        Disks.Add(disk);
        var node = new ChunkNode(
            new ChunkServerOptions { MetaServers = [MetaAddress], Domain = $"rack{server}" },
            [disk],
            TimeProvider.System,
            new Random(200 + server),
            Network,
            Links,
            NullLoggerFactory.Instance);
        Network.Listen(AddressOf(server), binder =>
        {
            Chunk.BindService(binder, node.ChunkService);
            ChunkData.BindService(binder, node.ChunkDataService);
        });
        _nodes.Add(node);
        _running.Add(node.RunAsync(AddressOf(server), _stop.Token));
        await node.Ready.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
