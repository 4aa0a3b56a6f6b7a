using DfsNet.Backups;
using DfsNet.Client;
using DfsNet.Devices;
using DfsNet.MetaServer;
using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Disk;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Nodes;

/// <summary>A machine with a metadata server, its disk and its state store.</summary>
internal sealed class MetaMachine : Machine
{
    private readonly MemoryStateStores _stores;
    private Func<MemoryStateStore, IStateStore> _open = store => store;
    private bool _joins;

    public MetaMachine(World world, string name, Random random)
        : base(world, name, random)
    {
        Address = $"{name}:7700";
        _stores = new MemoryStateStores(store => _open(store));
        Disk = NewDisk();
    }

    public string Address { get; }

    public SimulatedDisk Disk { get; private set; }

    public DiskPace Pace { get; } = new();

    public MemoryStateStore Store => _stores.Present;

    /// <summary>Sees every batch of changes before the store applies it; again when a batch is replayed.</summary>
    public event Action<ulong, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>>>? Applying;

    /// <summary>The running node, or the last one.</summary>
    public MetaNode? Node { get; private set; }

    /// <summary>The term in which it leads; 0 while it does not.</summary>
    public ulong LeadingTerm => IsUp ? Node?.LeadingTerm ?? 0 : 0;

    public bool IsServing => IsUp && Node!.Ready.IsCompletedSuccessfully;

    /// <summary>The file of its vote that was damaged last, as it was then.</summary>
    public (string File, byte[] Bytes)? Damage { get; set; }

    /// <summary>Somebody is about to put a new member in its place.</summary>
    public bool IsBeingReplaced { get; set; }

    /// <summary>Its disk is lost; with the next one it joins the cluster anew.</summary>
    public void LoseDisk()
    {
        Disk = NewDisk();
        _stores.Lose();
        _joins = true;
    }

    protected override void Run(Life life, NodeClock clock)
    {
        var disk = new PacedDisk(Disk, World.Scheduler, life, Pace, new Random(Random.Next()));
        _open = store => new SimulatedStore(store, Disk, World.Scheduler, life, Pace, new Random(Random.Next()))
        {
            DropsKey = World.Seams.StoreDropsKey,
            Applying = Applying,
        };
        var connections = World.Network.ConnectionsOf(Name, life, clock);
        var node = new MetaNode(
            _joins ? World.Shape.MetaOptions with { Join = true, Peers = [] } : World.Shape.MetaOptions,
            disk,
            _stores,
            World.Shape.HasBackups ? OpenShelfAsync : null,
            connections,
            clock,
            new Random(Random.Next()),
            World.LogsOf(life));
        Node = node;
        World.Network.Listen(Name, Address, life, binder =>
        {
            Protocol.Wire.Metadata.BindService(binder, node.MetadataService);
            Protocol.Wire.Cluster.BindService(binder, node.ClusterService);
            Protocol.Wire.Consensus.BindService(binder, node.ConsensusService);
            Protocol.Wire.Members.BindService(binder, node.MembersService);
            Protocol.Wire.Operation.BindService(binder, node.OperationService);
        });
        _ = WatchAsync(node.RunAsync(Address, CancellationToken.None), life);

        Task<IBackupShelf> OpenShelfAsync(IReadOnlyList<string> addresses, CancellationToken ending) => World.BackupsAreOver
            ? throw new DfsException(ErrorCode.Unavailable, "open the shelf", "no more backups are taken")
            : BackupShelf.OpenAsync(
                (mark, token) => DfsClient.ConnectAsync(
                    World.Shape.ClientOptions with { MetadataAddresses = addresses, ClientName = "backups", BackupMark = mark },
                    connections,
                    new GrpcBulkTransport(connections),
                    clock,
                    new Random(Random.Next()),
                    World.LogsOf(life),
                    token),
                ending);
    }

    protected override void AfterDeath(bool powerLost)
    {
        if (powerLost)
        {
            Disk.Crash();
        }
        else
        {
            Disk.Kill();
        }

        Disk.Restart();
    }

    private SimulatedDisk NewDisk() =>
        new(new Random(Random.Next()), TimeProvider.System) { CapacityBytes = World.Shape.MetaDiskBytes };

    protected override void Mend()
    {
        Disk.Mend();
        Pace.Reset();
    }
}
