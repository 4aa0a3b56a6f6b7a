using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Node;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>A metadata server, registered chunk servers that say they live while time passes, and one client's session.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private ulong _sequence;

    private TestCluster(TestNode node) => Node = node;

    public TestNode Node { get; }

    public List<TestServer> Servers { get; } = [];

    public HashSet<TestServer> Silent { get; } = [];

    public ulong Session { get; private set; }

    public static async Task<TestCluster> StartAsync(
        int servers, Func<MetaServerOptions, MetaServerOptions>? options = null, OpenBackupShelf? shelf = null)
    {
        var cluster = new TestCluster(await TestNode.StartAsync(1, options, shelf));
        for (int number = 1; number <= servers; number++)
        {
            var server = new TestServer(cluster.Node, number);
            await server.RegisterAsync();
            cluster.Servers.Add(server);
        }

        cluster.Session = (await cluster.Node.OpenSessionAsync()).SessionId;
        return cluster;
    }

    public TestServer ServerOf(ulong id) => Servers.Single(server => server.Id == id);

    public RequestId NextRequest() => new() { SessionId = Session, Sequence = ++_sequence, LowestOpen = _sequence };

    public Task<AllocateChunkReply> AllocateAsync(Action<AllocateChunkRequest>? change = null)
    {
        var request = new AllocateChunkRequest { Request = NextRequest() };
        change?.Invoke(request);
        return TestNode.CallAsync(context => Node.Node.MetadataService.AllocateChunk(request, context));
    }

    public async Task<CommandResult> SubmitAsync(ClientCommand command) =>
        (await TestNode.CallAsync(context => Node.Node.MetadataService.Submit(
            new SubmitRequest { Request = NextRequest(), Command = command }, context))).Result;

    /// <summary>A file of 100 bytes in a new chunk, which is sealed and released if asked.</summary>
    public async Task<AllocateChunkReply> WriteFileAsync(string path, bool seal)
    {
        var chunk = await AllocateAsync();
        await SubmitAsync(new ClientCommand
        {
            CreateFile = new CreateFile
            {
                Target = TestNode.PathOf(path),
                Slices = { new SliceWrite { ChunkId = chunk.ChunkId, Length = 100, Crc = 1 } },
                Chunks = { new ChunkUpdate { ChunkId = chunk.ChunkId, Length = 100, Digest = 1, Seal = seal, Release = seal } },
            },
        });
        return chunk;
    }

    public Task UnlinkAsync(string path) => SubmitAsync(new ClientCommand { Unlink = new Unlink { Target = TestNode.PathOf(path) } });

    public Task<KeepAliveReply> KeepAliveAsync() => TestNode.CallAsync(context => Node.Node.MetadataService.KeepAlive(
        new KeepAliveRequest { SessionId = Session, HeldComplete = true }, context));

    public Task<GetLayoutReply> LayoutAsync(string path) => TestNode.CallAsync(context => Node.Node.MetadataService.GetLayout(
        new GetLayoutRequest { Target = TestNode.PathOf(path) }, context));

    /// <summary>Time passes; whoever is not silent says so every half second.</summary>
    public async Task LiveAsync(TimeSpan span, bool keepAlive = true)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += TimeSpan.FromMilliseconds(500))
        {
            await Node.PassAsync(TimeSpan.FromMilliseconds(500));
            foreach (var server in Servers.Where(server => !Silent.Contains(server)))
            {
                await server.BeatAsync();
            }

            if (keepAlive)
            {
                await KeepAliveAsync();
            }
        }
    }

    public async Task LiveUntilAsync(Func<Task<bool>> condition)
    {
        for (int step = 0; step < 500; step++)
        {
            if (await condition())
            {
                return;
            }

            await LiveAsync(TimeSpan.FromMilliseconds(500));
        }

        Assert.Fail("the condition never held");
    }

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}
