using System.Globalization;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Local;
using DfsNet.Client;
using DfsNet.Hosting.Listening;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Servers;

/// <summary>How many servers, and with which options beside those that they need anyway.</summary>
internal sealed record ChildClusterPlan(int ChunkServers, int MetaServers)
{
    public int DisksPerServer { get; init; } = 1;

    public IReadOnlyList<string> MetaOptions { get; init; } = [];

    public IReadOnlyList<string> ChunkOptions { get; init; } = [];
}

/// <summary>
/// Metadata servers, one or three, and some chunk servers as children of this process, over loopback, with their data in a temporary
/// directory.
/// </summary>
internal sealed class ChildCluster : IAsyncDisposable
{
    // Five processes compile themselves on a few cores at once; a healthy machine needs a few seconds.
    private static readonly TimeSpan StartTimeMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FarewellMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    // Under load some entries are always on their way.
    private const ulong AbreastLag = 1_000;

    private readonly string _data = LocalFiles.CreateTemporaryDirectory("dfs-local-");
    private readonly List<ChildServer> _all = [];
    private readonly ChildClusterPlan _plan;
    private readonly Surroundings _surroundings;

    private ChildCluster(ChildClusterPlan plan, Surroundings surroundings)
    {
        _plan = plan;
        _surroundings = surroundings;
    }

    public DfsClient Files { get; private set; } = null!;

    /// <summary>Those that run, by address.</summary>
    public Dictionary<string, ChildServer> MetaServers { get; } = new(StringComparer.Ordinal);

    /// <summary>Where metadata servers are, whether they run or not.</summary>
    public IReadOnlyList<string> MetaAddresses { get; private set; } = [];

    /// <summary>Asks the metadata servers about themselves.</summary>
    public MetaNodes MetaNodes { get; private set; } = null!;

    /// <summary>For files of the one who started it.</summary>
    public string Data => _data;

    /// <summary>Those that were not killed, by address.</summary>
    public Dictionary<string, ChildServer> ChunkServers { get; } = new(StringComparer.Ordinal);

    public static async Task<ChildCluster> StartAsync(ChildClusterPlan plan, Surroundings surroundings, CancellationToken cancellation)
    {
        var cluster = new ChildCluster(plan, surroundings);
        bool started = false;
        try
        {
            await cluster.StartServersAsync(cancellation).ConfigureAwait(false);
            started = true;
            return cluster;
        }
        finally
        {
            if (!started)
            {
                await cluster.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Processor time of each chunk server that runs, by address.</summary>
    public Dictionary<string, TimeSpan> ProcessorTimes() =>
        ChunkServers.ToDictionary(server => server.Key, server => server.Value.ProcessorTime, StringComparer.Ordinal);

    /// <summary>Kills the chunk server that worked most since <paramref name="before"/>: the one whose loss hurts.</summary>
    public string KillBusiest(Dictionary<string, TimeSpan> before)
    {
        var now = ProcessorTimes();
        // Those who worked alike in an order that the table's does not decide.
        return Kill(now.Keys.Order(StringComparer.Ordinal).MaxBy(address => now[address] - before[address])!);
    }

    /// <summary>Kills the chunk server with this address, or any other when it is gone already; returns its name.</summary>
    public string Kill(string address)
    {
        string chosen = ChunkServers.ContainsKey(address) ? address : ChunkServers.Keys.Order(StringComparer.Ordinal).First();
        ChunkServers.Remove(chosen, out var server);
        server!.Kill();
        return server.Name;
    }

    /// <summary>Kills a metadata server that does not lead; returns its address.</summary>
    public async Task<string> KillFollowerAsync(CancellationToken cancellation)
    {
        var (leader, _) = await MetaNodes.FindBestAsync(cancellation).ConfigureAwait(false);
        string address = MetaServers.Keys.Order(StringComparer.Ordinal).First(address => address != leader);
        MetaServers.Remove(address, out var follower);
        follower!.Kill();
        return address;
    }

    /// <summary>Kills the metadata server that leads; returns its address.</summary>
    public async Task<string> KillLeaderAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var (address, reply) = await MetaNodes.FindBestAsync(cancellation).ConfigureAwait(false);
            if (reply.Role == MemberRole.Leader && MetaServers.Remove(address, out var leader))
            {
                leader.Kill();
                return address;
            }

            await Task.Delay(LookInterval, _surroundings.Time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Starts a metadata server that was killed, on its data, and returns when it lacks next to nothing.</summary>
    public async Task RestartMetaServerAsync(string address, CancellationToken cancellation)
    {
        MetaServers[address] = await StartMetaServerAsync(MetaAddresses.ToList().IndexOf(address), cancellation).ConfigureAwait(false);
        while (!IsAbreast((await MetaNodes.FindBestAsync(cancellation).ConfigureAwait(false)).Reply, address))
        {
            await Task.Delay(LookInterval, _surroundings.Time, cancellation).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        MetaNodes?.Dispose();
        if (Files is not null)
        {
            // Ctrl-C in a terminal reaches the children too: the client may say good-bye to servers that are gone. Nobody needs its answer.
            await Files.DisposeAsync().AsTask().WaitAsync(FarewellMax, _surroundings.Time)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var server in _all)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        LocalFiles.DeleteDirectory(_data);
    }

    private async Task StartServersAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(StartTimeMax, _surroundings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            await StartMetaServersAsync(_plan.MetaServers, either.Token).ConfigureAwait(false);
            var starts = Enumerable.Range(1, _plan.ChunkServers).Select(number => StartChunkServerAsync(number, either.Token));
            foreach (var server in await Task.WhenAll(starts).ConfigureAwait(false))
            {
                ChunkServers[server.Address] = server;
            }

            Files = await DfsClient.ConnectAsync(
                new DfsClientOptions { MetadataAddresses = MetaAddresses, ClientName = "dfs" }, either.Token).ConfigureAwait(false);
            await WaitHealthyAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new CommandFailure($"the servers were not ready within {StartTimeMax.TotalSeconds:0} s; is the machine overloaded?");
        }
    }

    private async Task StartMetaServersAsync(int count, CancellationToken cancellation)
    {
        // Several have to know each other before they start; one alone takes any port.
        MetaAddresses = count == 1
            ? ["127.0.0.1:0"]
            : [.. FreePorts.Take(count).Select(port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"))];
        var starts = Enumerable.Range(0, count).Select(number => StartMetaServerAsync(number, cancellation));
        foreach (var server in await Task.WhenAll(starts).ConfigureAwait(false))
        {
            MetaServers[server.Address] = server;
        }

        MetaAddresses = count == 1 ? [.. MetaServers.Keys] : MetaAddresses;
        MetaNodes = new MetaNodes(MetaAddresses, _surroundings.Time);
    }

    private Task<ChildServer> StartMetaServerAsync(int number, CancellationToken cancellation)
    {
        string address = MetaAddresses[number];
        string data = Path.Combine(_data, string.Create(CultureInfo.InvariantCulture, $"meta-{number + 1}"));
        List<string> arguments = ["meta-server", "--data", data, "--listen", address, .. _plan.MetaOptions];
        if (MetaAddresses.Count > 1)
        {
            arguments.AddRange(["--peers", string.Join(',', MetaAddresses)]);
        }

        return StartOneAsync("metadata server", arguments, cancellation);
    }

    private static bool IsAbreast(GetMembersReply view, string address) => view.Role == MemberRole.Leader
        && view.Members.FirstOrDefault(member => member.Address == address) is { Active: true } member
        && member.Match + AbreastLag >= view.LastIndex;

    private Task<ChildServer> StartChunkServerAsync(int number, CancellationToken cancellation)
    {
        string meta = string.Join(',', MetaAddresses);
        string name = string.Create(CultureInfo.InvariantCulture, $"server-{number}");
        var disks = Enumerable.Range(1, _plan.DisksPerServer)
            .Select(disk => Path.Combine(_data, string.Create(CultureInfo.InvariantCulture, $"{name}-disk-{disk}")));
        return StartOneAsync(
            name,
            [
                "chunk-server", "--data", string.Join(',', disks), "--listen", "127.0.0.1:0", "--meta", meta, "--domain", name,
                .. _plan.ChunkOptions,
            ],
            cancellation);
    }

    private async Task<ChildServer> StartOneAsync(string name, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var server = await ChildServer.StartAsync(name, arguments, cancellation).ConfigureAwait(false);
        lock (_all) // guards _all: servers start side by side
        {
            _all.Add(server);
        }

        return server;
    }

    private async Task WaitHealthyAsync(CancellationToken cancellation)
    {
        var status = await Files.GetStatusAsync(cancellation).ConfigureAwait(false);
        while (status.Servers.Count(IsReady) < _plan.ChunkServers)
        {
            await Task.Delay(LookInterval, _surroundings.Time, cancellation).ConfigureAwait(false);
            status = await Files.GetStatusAsync(cancellation).ConfigureAwait(false);
        }
    }

    // A new server registers before its volumes are open.
    private bool IsReady(ServerStatus server) => server.State == ServerState.Healthy
        && server.Volumes.Count(volume => volume.State == VolumeState.Healthy) == _plan.DisksPerServer;
}
