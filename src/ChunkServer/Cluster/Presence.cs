using DfsNet.ChunkServer.Chunks;
using DfsNet.ChunkServer.Connections;
using DfsNet.ChunkServer.Maintenance;
using DfsNet.Protocol.Connections;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// This server's part in the cluster: registration, then everything that keeps the metadata servers informed and carries out their orders.
/// </summary>
internal sealed class Presence
{
    private const int ReportPageReplicas = DfsNet.Protocol.Limits.ReportPageMax;
    private const int ChangesPerTake = 1_000;

    // What is behind by this much after a crash still recognises a metadata server that was
    // rolled back further; flushing more often helps little.
    private static readonly TimeSpan SeenStorePeriod = TimeSpan.FromSeconds(10);

    private readonly VolumeGauges _gauges;
    private readonly VolumeSet _volumes;
    private readonly ChunkServerOptions _options;
    private readonly TimeProvider _time;
    private readonly Registrar _registrar;
    private readonly MetaTies _ties;
    private readonly Announcements _announcements;
    private readonly OrderExecutor _orders;

    public Presence(
        Membership membership,
        VolumeGauges gauges,
        VolumeSet volumes,
        OrderTerms terms,
        Scrubbing scrubbing,
        ServerLoad load,
        ChunkServerOptions options,
        IConnections connections,
        TimeProvider time,
        Random random,
        ILoggerFactory logs)
    {
        _gauges = gauges;
        _volumes = volumes;
        _options = options;
        _time = time;
        // A lost answer must not keep the next heartbeats back until this server is suspect.
        var heartbeatTimeout = options.HeartbeatInterval * 2 < options.MetaCallTimeout
            ? options.HeartbeatInterval * 2
            : options.MetaCallTimeout;
        MetadataLink LinkTo(string address) => new(address, connections, options.MetaCallTimeout, heartbeatTimeout, time);
        _registrar = new Registrar(membership, LinkTo, options, time, random, logs.CreateLogger<Registrar>());
        _announcements = new Announcements();
        _orders = new OrderExecutor(volumes, terms, _announcements, options.OrdersAtOnceMax, logs.CreateLogger<OrderExecutor>());
        _ties = new MetaTies(options.MetaServers, TieTo, logs.CreateLogger<MetaTies>());

        MetaTie TieTo(string address)
        {
            var (link, pending, wake) = (LinkTo(address), new PendingChanges(), new Wake());
            var report = new FullReport(
                link, membership, volumes, _orders, ReportPageReplicas, time, logs.CreateLogger<FullReport>());
            var heartbeat = new HeartbeatLoop(
                link, membership, _registrar, gauges, report, pending, wake, _orders, scrubbing, load, time,
                logs.CreateLogger<HeartbeatLoop>());
            return new MetaTie(report, heartbeat, pending, wake, _announcements, options.HeartbeatInterval, time);
        }
    }

    public Task RegisterAsync(CancellationToken cancellation) => _registrar.RegisterAsync(cancellation);

    /// <summary>Runs until cancelled or until one part fails for good; that failure is thrown.</summary>
    /// <param name="directories">Where what was seen is stored.</param>
    /// <param name="maintain">What runs beside it.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(
        DataDirectories directories, Func<CancellationToken, Task> maintain, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _ties.Begin(over.Token);
        var parts = _volumes.All.Select(volume => AnnounceChangesAsync(volume, over.Token))
            .Concat(_volumes.All.Select(volume =>
                _gauges.MeasureAsync(volume, _options.HeartbeatInterval, _announcements.WakeAll, _time, over.Token)))
            .Append(_orders.RunAsync(over.Token))
            .Append(StoreSeenAsync(directories, over.Token))
            .Append(maintain(over.Token))
            .ToList();
        var first = await Task.WhenAny([.. parts, _ties.Broken]).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);

        // Not without bound: a part may be with a disk that hangs.
        await Task.WhenAll([.. parts, _ties.SettleAsync()]).WaitAsync(Patience.AtStop, _time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    private async Task AnnounceChangesAsync(Volume volume, CancellationToken cancellation)
    {
        while (true)
        {
            await volume.WaitForChangesAsync(cancellation).ConfigureAwait(false);
            foreach (var change in volume.TakeChanges(ChangesPerTake))
            {
                _announcements.Add(change);
            }
        }
    }

    private async Task StoreSeenAsync(DataDirectories directories, CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(SeenStorePeriod, _time, cancellation).ConfigureAwait(false);
            await directories.StoreSeenAsync().ConfigureAwait(false);
        }
    }
}
