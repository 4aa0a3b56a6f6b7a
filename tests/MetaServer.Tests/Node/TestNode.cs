using DfsNet.Devices;
using DfsNet.Devices.Network;
using DfsNet.Devices.Time;
using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.MetaServer.Node;

/// <summary>A metadata server in this process, on a disk and a store that survive it, with a clock that tests move.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly Random _random;
    private AttachedStore? _attached;
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public TestNode(int seed = 1, Func<MetaServerOptions, MetaServerOptions>? options = null)
    {
        _random = new Random(seed);
        Disk = new SimulatedDisk(new Random(seed), Time);
        var defaults = new MetaServerOptions { Data = "simulated", Replication = 3, MinReplicas = 2 };
        Options = options?.Invoke(defaults) ?? defaults;
        Stores = new MemoryStateStores(store => _attached = new AttachedStore(store));
    }

    public ManualTimeProvider Time { get; } = new();

    public SimulatedDisk Disk { get; }

    public MemoryStateStores Stores { get; }

    public MemoryStateStore Store => Stores.Present;

    public MetaServerOptions Options { get; set; }

    /// <summary>None: no backups are taken.</summary>
    public OpenBackupShelf? Shelf { get; init; }

    public MetaNode Node { get; private set; } = null!;

    public Task Running => _running;

    public static async Task<TestNode> StartAsync(
        int seed = 1, Func<MetaServerOptions, MetaServerOptions>? options = null, OpenBackupShelf? shelf = null)
    {
        var node = new TestNode(seed, options) { Shelf = shelf };
        await node.StartAsync();
        return node;
    }

    public async Task StartAsync()
    {
        _stop = new CancellationTokenSource();
        Node = new MetaNode(
            Options, Disk.Attach(), Stores, Shelf, new DirectNetwork(Time), Time, new Random(_random.Next()), NullLoggerFactory.Instance);
        _running = Node.RunAsync("meta:7700", _stop.Token);
        await Node.Ready;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await Node.DisposeAsync();
    }

    /// <summary>The power fails: the disk keeps what it likes of what was not flushed, the store falls back.</summary>
    public async Task CrashAsync()
    {
        _attached?.Detach();
        Disk.Crash();
        await Node.DisposeAsync();
        Store.Crash(_random);
        Disk.Restart();
    }

    /// <summary>As <see cref="CrashAsync"/>, but the store had just flushed everything it applied.</summary>
    public async Task CrashWithFlushedStoreAsync()
    {
        await Store.FlushAsync();
        await CrashAsync();
    }

    /// <summary>The process is killed: the disk keeps what was written, the store falls back.</summary>
    public async Task KillAsync()
    {
        _attached?.Detach();
        Disk.Kill();
        await Node.DisposeAsync();
        Store.Crash(_random);
        Disk.Restart();
    }

    public Task RestartAsync() => StartAsync();

    public void LoseStore() => Stores.Lose();

    /// <summary>Lets time pass in steps that the node can follow, until the condition holds.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (int step = 0; step < 5_000; step++)
        {
            if (await condition())
            {
                return;
            }

            await PassAsync(TimeSpan.FromMilliseconds(100));
        }

        Assert.Fail("the condition never held");
    }

    public Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    /// <summary>Lets time pass in steps of one tick.</summary>
    public async Task PassAsync(TimeSpan span)
    {
        var step = TimeSpan.FromMilliseconds(100);
        for (var passed = TimeSpan.Zero; passed < span; passed += step)
        {
            Time.Advance(step);
            await Task.Delay(1);
        }
    }

    public Task<OpenSessionReply> OpenSessionAsync(ulong nonce = 7) =>
        CallAsync(context => Node.MetadataService.OpenSession(new OpenSessionRequest { Nonce = nonce, ClientName = "test" }, context));

    public async Task<CommandResult> SubmitAsync(ulong session, ulong sequence, ClientCommand command, ulong lowestOpen = 1)
    {
        var request = new SubmitRequest
        {
            Request = new RequestId { SessionId = session, Sequence = sequence, LowestOpen = lowestOpen },
            Command = command,
        };
        return (await CallAsync(context => Node.MetadataService.Submit(request, context))).Result;
    }

    public Task<CommandResult> MakeDirectoryAsync(ulong session, ulong sequence, string path) => SubmitAsync(
        session, sequence, new ClientCommand { MakeDirectory = new MakeDirectory { Target = PathOf(path), Mode = 0x1ed } });

    public Task<LookupReply> LookupAsync(string path) =>
        CallAsync(context => Node.MetadataService.Lookup(new LookupRequest { Target = PathOf(path) }, context));

    public Task<GetStatusReply> StatusAsync() => CallAsync(context => Node.MetadataService.GetStatus(new GetStatusRequest(), context));

    public static PathRef PathOf(string path) => new() { Path = ByteString.CopyFromUtf8(path) };

    /// <summary>Runs a call as a client would see it: a failure is the typed error behind the status.</summary>
    public static async Task<T> CallAsync<T>(Func<ServerCallContext, Task<T>> call)
    {
        try
        {
            return await call(new TestCallContext());
        }
        catch (RpcException error)
        {
            throw ErrorStatus.FromRpcException(error, "test");
        }
    }

    public static async Task<DfsException> RefusedAsync(Func<Task> call) => await Assert.ThrowsAsync<DfsException>(call);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Node.DisposeAsync();
    }
}
