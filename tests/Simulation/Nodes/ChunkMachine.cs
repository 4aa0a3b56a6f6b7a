using DfsNet.ChunkServer;
using DfsNet.Devices;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Disk;
using DfsNet.Simulation.Time;
using DfsNet.Storage.Disk;

namespace DfsNet.Simulation.Nodes;

/// <summary>A machine with a chunk server and its disks.</summary>
internal sealed class ChunkMachine : Machine
{
    private readonly ChunkServerOptions _options;
    private bool _hasFailedVolume;
    private bool _hasClosedVolume;

    public ChunkMachine(World world, string name, ChunkServerOptions options, int disks, Random random)
        : base(world, name, random)
    {
        _options = options;
        Address = $"{name}:7711";
        Disks = [.. Enumerable.Range(0, disks).Select(_ => new ChunkDisk(new SimulatedDisk(new Random(random.Next()), TimeProvider.System)
        {
            CapacityBytes = world.Shape.ChunkDiskBytes,
        }))];
    }

    public string Address { get; }

    public string Domain => _options.Domain;

    public IReadOnlyList<ChunkDisk> Disks { get; }

    /// <summary>The running node, or the last one.</summary>
    public ChunkNode? Node { get; private set; }

    public bool IsServing => IsUp && Node!.Ready.IsCompletedSuccessfully;

    /// <summary>Its disks lied, or lost what they had: a volume may fail, or stay closed.</summary>
    public bool HasBadDisks { get; set; }

    /// <summary>
    /// Some of what it stored is out of reach for good: a volume was not opened, or failed at sectors that cannot be read, or the process
    /// does not start. What mending could help with was mended with <see cref="Mend"/>.
    /// </summary>
    public bool IsCrippled => HasBadDisks && (!IsServing || _hasClosedVolume || _hasFailedVolume);

    /// <summary>A volume of the present life failed.</summary>
    public bool HasFailedVolume => _hasFailedVolume;

    /// <summary>A volume of the present life failed, or was not opened.</summary>
    public void NoteVolume(bool isOpen)
    {
        _hasFailedVolume |= isOpen;
        _hasClosedVolume |= !isOpen;
    }

    protected override void Run(Life life, NodeClock clock)
    {
        (_hasFailedVolume, _hasClosedVolume) = (false, false);
        var connections = World.Network.ConnectionsOf(Name, life, clock);
        var node = new ChunkNode(
            _options,
            [.. Disks.Select(disk => (IDisk)new PacedDisk(disk.Disk, World.Scheduler, life, disk.Pace, new Random(Random.Next())))],
            clock,
            new Random(Random.Next()),
            connections,
            World.Seams.BulkOfServers(new GrpcBulkTransport(connections)),
            World.LogsOf(life));
        Node = node;
        World.Network.Listen(Name, Address, life, binder =>
        {
            Chunk.BindService(binder, node.ChunkService);
            ChunkData.BindService(binder, node.ChunkDataService);
        });
        _ = WatchAsync(node.RunAsync(Address, CancellationToken.None), life);
    }

    protected override void AfterDeath(bool powerLost)
    {
        foreach (var disk in Disks)
        {
            disk.Disk.GoDown(powerLost);
        }
    }

    protected override void Mend()
    {
        foreach (var disk in Disks)
        {
            disk.Disk.Mend();
            disk.Pace.Reset();
        }

        if (_hasFailedVolume || _hasClosedVolume)
        {
            // As an operator does when the cable is replaced.
            Kill();
        }
    }
}
