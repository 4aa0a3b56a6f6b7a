using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Connections;
using DfsNet.MetaServer.Maintenance;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Services;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer;

/// <summary>
/// Everything that exists while this node leads: the way into the log, the soft state, what services use and the background work. Made when
/// the node begins to lead, thrown away whole when it stops.
/// </summary>
internal sealed partial class Leadership
{
    // Three per cent of the time after which a server is suspect; a wake-up of ten times a second costs nothing.
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    // Of each client one hears every few seconds what it measured.
    private static readonly TimeSpan JudgeInterval = TimeSpan.FromMilliseconds(500);

    private readonly TickCounter _ticks;
    private readonly AppliedHistory _history;
    private readonly ServerTable _servers;
    private readonly OpenChunks _open;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly TimeSpan _deadAfter;
    private readonly TimeSpan _repairGrace;
    private readonly TimeProvider _time;
    private readonly SoftState _soft;
    private readonly EventLog _events;
    private readonly SlowVolumes _slow;
    private readonly ScrubWishes _scrubs;
    private readonly RepairDesk _repair;
    private int _healthy;
    private readonly IReadOnlyList<IWorker> _workers;

    public Leadership(
        MetaServerOptions options, IStateStore store, OpenBackupShelf? shelf, Proposer proposer, NodeLife life, SpaceWatch space,
        CopyCalls calls, TimeProvider time, Random random, ILoggerFactory logs)
    {
        Store = store;
        _time = time;
        _logs = logs;
        _log = logs.CreateLogger<Leadership>();
        _deadAfter = options.DeadAfter;
        _repairGrace = options.RepairGrace;
        _scrubs = new ScrubWishes(proposer.Term);
        _ticks = new TickCounter(time, TickInterval);
        _events = new EventLog(time);
        var alarms = new Alarms(_events, logs.CreateLogger<Alarms>());
        var sessions = new SessionTable(_ticks, options.SessionTimeout);
        var bad = new BadReplicas(_ticks, alarms);
        var removals = new RemovalCandidates(_ticks);
        var changes = new ReplicaChanges();
        var cluster = StateReader.Cluster(store) ?? throw LogEntryFormat.Corrupt("there is no cluster in the record");
        _slow = new SlowVolumes(_ticks, alarms);
        _servers = new ServerTable(_ticks, _slow, options.SuspectAfter, options.DeadAfter, options.RepairGrace);
        _repair = new RepairDesk(_ticks, alarms, options);
        _open = new OpenChunks(_ticks, options.SessionTimeout);
        Orders = new OrderBook(_ticks, cluster.Protected);
        _history = new AppliedHistory(_ticks);
        _soft = new SoftState(store, _servers, sessions, _open, Orders, bad, removals, _repair, time);
        Proposer = proposer;
        Backup = new BackupSource(store, proposer, options.CallTimeMax, time);
        var horizon = new BackupHorizon(shelf is null ? TimeSpan.Zero : options.BackupInterval);
        var census = new ReplicaCensus(store.OpenSnapshot, _servers, bad, time);
        Reports = new ReplicaReports(_servers, _open, Orders, bad, changes, alarms, _history, horizon, _repair, cluster.Protected);
        Registration = new Registration(_servers, _open, Proposer, alarms, options, cluster, store);
        Heartbeats = new Heartbeats(_servers, Reports, changes, _open, Orders, alarms, Proposer, _repair, _scrubs, cluster);
        Calls = new ClientCalls(Proposer, sessions, _open, _slow, options, cluster);
        Allocation = new ChunkAllocation(store, Proposer, sessions, _servers, cluster, random, time);
        Views = new FileViews(store, Proposer, sessions, _servers, bad);
        Status = new StatusViews(store, Proposer, _servers, census, removals, _repair, space, alarms, cluster, options.RepairGrace);
        var orders = new OperatorOrders(store, Proposer);
        Servers = new ServerOperations(store, Proposer, orders, _servers, bad, cluster);
        Operations = new RepairOperations(orders, _servers, _repair, _scrubs, _events, Proposer, time);
        Check = new FileCheck(store, Proposer, _servers, bad);
        _workers =
        [
            new MapReclaimer(store, Proposer, time),
            new OrphanReclaimer(store, Proposer, sessions, _ticks, options.OrphanGrace, time),
            new ChunkRemover(removals, _soft, Proposer, cluster.Protected, () => options.RemovalGrace + horizon.ExtraGrace, time),
            new ReplicaChangeCommitter(changes, Proposer, time),
            new RepairScanner(store, _servers, bad, _open, _repair, time),
            new Repairer(
                store, _servers, bad, _repair, changes, calls, Proposer, cluster.Protected, time, new Random(random.Next()),
                logs.CreateLogger<Repairer>()),
            new RepairPacer(census, _repair, store, Proposer, time),
            new Balancer(store, _servers, bad, _repair, _ticks, new BalancePolicy((int)cluster.ChunkSize), Proposer,
                options.BalanceRate, time),
            new SessionReaper(sessions, _open, Proposer, time),
            new MemberKeeper(life, Proposer, alarms, time),
            .. shelf is null ? [] : new[] { KeeperOf(shelf, horizon, life, options, alarms) },
        ];
    }

    public IStateStore Store { get; }

    public Proposer Proposer { get; }

    public OrderBook Orders { get; }

    public ReplicaReports Reports { get; }

    public Registration Registration { get; }

    public Heartbeats Heartbeats { get; }

    public ClientCalls Calls { get; }

    public ChunkAllocation Allocation { get; }

    public FileViews Views { get; }

    public StatusViews Status { get; }

    public BackupSource Backup { get; }

    public ServerOperations Servers { get; }

    public RepairOperations Operations { get; }

    public FileCheck Check { get; }

    /// <summary>Reads the record into the soft state; everything in it is older than any report to come.</summary>
    public void Load()
    {
        _history.Begin(Store.AppliedIndex);
        _soft.Load();
    }

    /// <summary>Called by the applier after each command, in order, before its caller is answered.</summary>
    public void Observe(Applied applied) => _soft.Observe(applied);

    /// <summary>Counts time and does the background work until cancelled; whatever ends before, or fails, ends the node.</summary>
    public IEnumerable<Task> Run(CancellationToken cancellation) =>
    [
        .. _workers.Select(worker => new WorkerLoop(worker, _time, _logs.CreateLogger(worker.Name)).RunAsync(cancellation)),
        _ticks.RunAsync(OnTick, cancellation),
    ];

    /// <summary>How the cluster is, for those who watch it.</summary>
    public MetaFigures Figures()
    {
        var counters = StateReader.Counters(Store);
        var counted = _repair.Counted;
        return new MetaFigures
        {
            IsLeader = true,
            Term = Proposer.Term,
            AppliedIndex = Store.AppliedIndex,
            Files = counters.Files,
            Directories = counters.Directories,
            LogicalBytes = counters.LogicalBytes,
            Sessions = counters.Sessions,
            Chunks = counters.Chunks,
            IsCounted = counted is not null,
            UnderReplicated = counted?.UnderReplicated ?? 0,
            Endangered = counted?.Endangered ?? 0,
            Unavailable = counted?.Unavailable ?? 0,
            MissingBytes = counted?.MissingBytes ?? 0,
            RepairQueued = _repair.Queue.Count,
            RepairRunning = _repair.Slots.Running,
            RepairCopies = _repair.Meter.Copies,
            RepairBytes = _repair.Meter.Bytes,
            BalanceMoves = _repair.Moves.Done,
            Alarms = _repair.Alarms.Lines().Count,
            Servers = _servers.Status(),
        };
    }

    private BackupKeeper KeeperOf(
        OpenBackupShelf shelf, BackupHorizon horizon, NodeLife life, MetaServerOptions options, Alarms alarms) =>
        new(shelf, Backup, horizon, () => AddressesOf(life), options, alarms, _ticks, _time, _logs.CreateLogger<BackupKeeper>());

    // Itself first: it leads.
    private static IReadOnlyList<string> AddressesOf(NodeLife life) =>
    [
        life.Card.Address,
        .. life.Replica.Seen.Membership.Members.Where(member => member.Id != life.Card.Member).Select(member => member.Address),
    ];

    private void OnTick()
    {
        _history.Note(Store.AppliedIndex);
        foreach (var server in _servers.FindDead())
        {
            _open.RequestSealOn(server);
            _repair.Brake.Died(server);
            _events.Add($"server {server} was not heard for {_deadAfter.TotalSeconds:0.#} s and counts as dead");
            ServerDied(server, _deadAfter);
        }

        foreach (var server in _servers.FindGone())
        {
            _repair.Sweeps.Want(server);
            _events.Add($"server {server} did not come back: its replicas are made anew elsewhere");
            ServerGone(server, _repairGrace);
        }

        FollowServers();
    }

    private void FollowServers()
    {
        bool wasBraked = _repair.Brake.IsActive;
        var health = _servers.Health();
        _repair.Brake.Look(health);
        int healthy = health.Servers.Values.Count(server => server.State == ServerState.Healthy);
        if (healthy > _healthy || (wasBraked && !_repair.Brake.IsActive))
        {
            // Chunks that had no place for a copy may have one now.
            _repair.Sweeps.WantAll();
        }

        _healthy = healthy;
        if (_ticks.Now % _ticks.Of(JudgeInterval) == 0)
        {
            foreach (var slow in _slow.Judge(health))
            {
                // Whoever writes there goes on elsewhere.
                _open.RequestSealOn(slow);
            }
        }

        if (!wasBraked && _repair.Brake.IsActive)
        {
            Braked(_repair.Brake.Left);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Many servers died at once: only last copies are repaired for {Window}")]
    private partial void Braked(TimeSpan window);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Server {Server} has been dead for {Grace}: its replicas are made anew elsewhere")]
    private partial void ServerGone(ServerId server, TimeSpan grace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Server {Server} was not heard for {Silence} and counts as dead")]
    private partial void ServerDied(ServerId server, TimeSpan silence);
}
