using DfsNet.Devices;
using DfsNet.Devices.Network;
using DfsNet.Devices.Time;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.ChunkServer.Tests.Node;

/// <summary>One chunk server of a test: its disk outlives the process, which can be started, stopped, killed.</summary>
internal sealed class TestServer(string address, DirectNetwork network, DirectTransport bulk, TimeProvider time, int seed)
    : IAsyncDisposable
{
    private CancellationTokenSource _stop = new();
    private ChunkNode? _node;

    public string Address { get; } = address;

    public SimulatedDisk Disk { get; } = new(new Random(seed), time);

    public Task Running { get; private set; } = Task.CompletedTask;

    public ServerId Id { get; private set; }

    public VolumeId Volume { get; private set; }

    public ChunkNode Node => _node ?? throw new InvalidOperationException("not started");

    public Task Start(ChunkServerOptions? options = null)
    {
        _stop = new CancellationTokenSource();
        _node = new ChunkNode(
            options ?? new ChunkServerOptions { MetaServers = [TestCluster.MetaAddress] },
            [Disk],
            time,
            new Random(seed),
            network,
            bulk,
            NullLoggerFactory.Instance);
        network.Listen(Address, binder =>
        {
            Chunk.BindService(binder, _node.ChunkService);
            ChunkData.BindService(binder, _node.ChunkDataService);
        });
        Running = _node.RunAsync(Address, _stop.Token);
        return _node.Ready;
    }

    public async Task LearnIdsAsync()
    {
        var record = await ChunkServer.Cluster.DirectoryRecord.ReadAsync(Disk);
        Id = record!.Identity.Server;
        Volume = record.Volume;
    }

    /// <summary>In good order.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Running;
        network.Kill(Address);
    }

    /// <summary>kill -9: connections break, the disk keeps what the kernel has.</summary>
    public async Task KillAsync()
    {
        network.Kill(Address);
        Disk.Kill();
        await _stop.CancelAsync();
        await Running.ContinueWith(_ => { }, TaskScheduler.Default);
        Disk.Restart();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();

        // It waits for the streams that still end, by its own clock: one that a test moves has to move.
        while (time is ManualTimeProvider clock && !Running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Delay(1);
        }

        await Running.ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
