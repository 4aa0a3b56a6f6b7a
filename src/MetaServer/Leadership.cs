using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Maintenance;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Services;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
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

    private readonly TickCounter _ticks;
    private readonly AppliedHistory _history;
    private readonly ServerTable _servers;
    private readonly OpenChunks _open;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly TimeSpan _deadAfter;
    private readonly TimeProvider _time;
    private readonly SoftState _soft;
    private readonly IReadOnlyList<IWorker> _workers;

    public Leadership(
        MetaServerOptions options,
        IStateStore store,
        OpenBackupShelf? shelf,
        Proposer proposer,
        NodeLife life,
        SpaceWatch space,
        TimeProvider time,
        Random random,
        ILoggerFactory logs)
    {
        Store = store;
        _time = time;
        _logs = logs;
        _log = logs.CreateLogger<Leadership>();
        _deadAfter = options.DeadAfter;
        _ticks = new TickCounter(time, TickInterval);
        var alarms = new Alarms(logs.CreateLogger<Alarms>());
        var sessions = new SessionTable(_ticks, options.SessionTimeout);
        var bad = new BadReplicas(_ticks, alarms);
        var removals = new RemovalCandidates(_ticks);
        var changes = new ReplicaChanges();
        var cluster = StateReader.Cluster(store) ?? throw LogEntryFormat.Corrupt("there is no cluster in the record");
        _servers = new ServerTable(_ticks, options.SuspectAfter, options.DeadAfter);
        _open = new OpenChunks(_ticks, options.SessionTimeout);
        Orders = new OrderBook(_ticks, cluster.Protected);
        _history = new AppliedHistory(_ticks);
        _soft = new SoftState(store, _servers, sessions, _open, Orders, bad, removals);
        Proposer = proposer;
        Backup = new BackupSource(store, proposer, options.CallTimeMax, time);
        var horizon = new BackupHorizon(shelf is null ? TimeSpan.Zero : options.BackupInterval);
        var census = new ReplicaCensus(store.OpenSnapshot, _servers, bad, time);
        Reports = new ReplicaReports(_servers, _open, Orders, bad, changes, alarms, _history, horizon, cluster.Protected);
        Registration = new Registration(_servers, _open, Proposer, alarms, options, cluster, store);
        Heartbeats = new Heartbeats(_servers, Reports, changes, _open, Orders, alarms, Proposer, cluster);
        Calls = new ClientCalls(Proposer, sessions, _open, options, cluster);
        Allocation = new ChunkAllocation(store, Proposer, sessions, _servers, cluster, random, time);
        Views = new FileViews(store, Proposer, sessions, _servers, bad);
        Status = new StatusViews(store, Proposer, _servers, census, removals, space, alarms, cluster);
        _workers =
        [
            new MapReclaimer(store, Proposer, time),
            new OrphanReclaimer(store, Proposer, sessions, _ticks, options.OrphanGrace, time),
            new ChunkRemover(removals, _soft, Proposer, cluster.Protected, () => options.RemovalGrace + horizon.ExtraGrace, time),
            new ReplicaChangeCommitter(changes, Proposer, time),
            new SessionReaper(sessions, _open, Proposer, time),
            new MemberKeeper(life, Proposer, alarms, time),
            .. shelf is null ? [] : new IWorker[]
            {
                new BackupKeeper(
                    shelf, Backup, horizon, () => AddressesOf(life), options, alarms, _ticks, time, logs.CreateLogger<BackupKeeper>()),
            },
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
            ServerDied(server, _deadAfter);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Server {Server} was not heard for {Silence} and counts as dead")]
    private partial void ServerDied(ServerId server, TimeSpan silence);
}
