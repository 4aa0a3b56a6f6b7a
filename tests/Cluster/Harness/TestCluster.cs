using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cluster.Harness;

/// <summary>What a <see cref="TestCluster"/> begins with.</summary>
internal sealed record TestClusterOptions
{
    public int ChunkServers { get; init; } = 3;

    public int MetaServers { get; init; } = 1;

    public int DisksPerServer { get; init; } = 1;

    /// <summary>Further arguments of every metadata server.</summary>
    public IReadOnlyList<string> Meta { get; init; } = [];

    /// <summary>Further arguments of every chunk server.</summary>
    public IReadOnlyList<string> ChunkServer { get; init; } = [];
}

/// <summary>
/// A cluster of real processes with ports and directories of its own. Failure detection is faster than an operator would have it, so that
/// tests are short. Whatever happens, the processes are killed by id and the directories removed; what they said goes to the test's output.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    // A third of the defaults: still several lost heartbeats, on a busy machine too.
    private static readonly string[] FastDetection = ["--suspect-after", "1500ms", "--dead-after", "3s"];

    private readonly List<DfsProcess> _all = [];
    private readonly List<DfsClient> _clients = [];
    private readonly Dictionary<int, IReadOnlyList<string>> _chunkServerArguments = [];
    private readonly TestClusterOptions _options;
    private readonly List<string> _metaAddresses;

    private TestCluster(TestClusterOptions options)
    {
        _options = options;
        _metaAddresses = [.. Enumerable.Range(0, options.MetaServers).Select(_ => $"127.0.0.1:{Ports.Take()}")];
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("dfs-test-").FullName;

    /// <summary>Of the only metadata server, or of all of them with commas between.</summary>
    public string MetaAddress => string.Join(',', _metaAddresses);

    public IReadOnlyList<string> MetaAddresses => _metaAddresses;

    /// <summary>The first metadata server.</summary>
    public DfsProcess Meta => Metas[1];

    public Dictionary<int, DfsProcess> Metas { get; } = [];

    public Dictionary<int, DfsProcess> ChunkServers { get; } = [];

    public string MetaFolder => MetaFolderOf(1);

    public static async Task<TestCluster> StartAsync(TestClusterOptions? options = null)
    {
        var cluster = new TestCluster(options ?? new TestClusterOptions());
        try
        {
            for (int number = 1; number <= cluster._options.MetaServers; number++)
            {
                cluster.StartMeta(number);
            }

            for (int number = 1; number <= cluster._options.ChunkServers; number++)
            {
                cluster.StartChunkServer(number);
            }

            await cluster.WaitHealthyAsync(cluster._options.ChunkServers);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public string ChunkServerFolder(int number) => Path.Combine(Folder, $"chunks{number}");

    // The first of several is the one that tests look into.
    private string DataOf(int number) => string.Join(
        ',', Enumerable.Range(1, _options.DisksPerServer).Select(disk => ChunkServerFolder(number) + (disk == 1 ? "" : $"-disk{disk}")));

    public string MetaFolderOf(int number) => Path.Combine(Folder, number == 1 ? "meta" : $"meta{number}");

    public DfsProcess StartMeta(int number = 1) =>
        StartMeta(number, _options.MetaServers == 1 ? [] : ["--peers", MetaAddress]);

    /// <summary>Starts the first one as the only one, which a restore made it.</summary>
    public DfsProcess StartMetaAlone() => StartMeta(1, []);

    /// <summary>Starts a metadata server that joins under the address of one that is known, or a new one.</summary>
    public DfsProcess JoinMeta(int number)
    {
        if (number > _metaAddresses.Count)
        {
            _metaAddresses.Add($"127.0.0.1:{Ports.Take()}");
        }

        return StartMeta(number, ["--join"]);
    }

    private DfsProcess StartMeta(int number, IReadOnlyList<string> how) => Metas[number] = Start(
        $"meta-server {number}",
        [
            "meta-server", "--stop-with-stdin", "--data", MetaFolderOf(number), "--listen", _metaAddresses[number - 1], .. FastDetection,
            .. _options.Meta, .. how,
        ]);

    /// <summary>Starts a chunk server, or starts one again with the arguments it had.</summary>
    public DfsProcess StartChunkServer(int number, params IReadOnlyList<string> more)
    {
        if (!_chunkServerArguments.TryGetValue(number, out var arguments))
        {
            arguments =
            [
                "chunk-server", "--stop-with-stdin", "--data", DataOf(number), "--listen", $"127.0.0.1:{Ports.Take()}",
                "--meta", MetaAddress, "--domain", $"rack{number}", .. _options.ChunkServer, .. more,
            ];
            _chunkServerArguments[number] = arguments;
        }

        return ChunkServers[number] = Start($"chunk-server {number}", arguments);
    }

    /// <summary>Where a chunk server listens that was started once.</summary>
    public string ChunkServerAddress(int number)
    {
        var arguments = _chunkServerArguments[number].ToList();
        return arguments[arguments.IndexOf("--listen") + 1];
    }

    /// <summary>A process of any other kind that must not outlive the test.</summary>
    public DfsProcess Start(string name, IReadOnlyList<string> arguments)
    {
        var process = DfsProcess.Start(name, arguments);
        _all.Add(process);
        return process;
    }

    /// <summary>Runs a command of the CLI to its end.</summary>
    public Task<(int ExitCode, string Output)> RunAsync(params IReadOnlyList<string> arguments) =>
        RunAsync(TimeSpan.FromSeconds(60), arguments);

    /// <summary>The same, for one that may take longer.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(TimeSpan limit, params IReadOnlyList<string> arguments)
    {
        await using var process = DfsProcess.Start("dfs " + arguments[0], [.. arguments, "--meta", MetaAddress]);
        process.Input.Close();
        int code = await process.WaitAsync(limit);
        return (code, process.Log);
    }

    /// <summary>A client of its own, with a session of its own.</summary>
    public async Task<DfsClient> ConnectAsync(Func<DfsClientOptions, DfsClientOptions>? change = null)
    {
        var options = new DfsClientOptions { MetadataAddresses = [.. _metaAddresses], ClientName = "cluster-test" };
        var client = await DfsClient.ConnectAsync(change is null ? options : change(options));
        _clients.Add(client);
        return client;
    }

    /// <summary>
    /// Stores a file until every chunk of it has a replica on each of three servers: on a busy machine a server may have been silent for
    /// long enough to be left out.
    /// </summary>
    public Task PutOnAllAsync(DfsClient client, string path, Func<Stream> content) => Eventually.HoldsAsync(
        "a file has all its replicas",
        async () =>
        {
            await client.PutAsync(path, content(), new DfsPutOptions { Overwrite = true });
            var layout = await client.LocateAsync(path);
            return layout.Chunks.All(chunk => chunk.Replicas.Count == chunk.Replication);
        });

    /// <summary>kill -9 of everything, as near to a power cut as processes come.</summary>
    public Task KillAllAsync() =>
        Task.WhenAll(ChunkServers.Values.Concat(Metas.Values).Where(process => !process.HasExited).Select(process => process.KillAsync()));

    public async Task WaitHealthyAsync(int count)
    {
        try
        {
            await using var client = await ConnectOnceAsync();
            await Eventually.HoldsAsync($"{count} healthy chunk servers", async () =>
            {
                AssertRunning();
                var status = await client.GetStatusAsync();
                return status.Servers.Count(server => server.State == ServerState.Healthy && IsOpen(server)) == count;
            });
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"the cluster did not become healthy: {error.Message}\n{Logs}", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            try
            {
                // A client whose servers are gone ends after its own time limit; the test does not wait for that.
                await client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(2));
            }
            catch (Exception error) when (error is DfsException or TimeoutException)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"client: {error.Message}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(Logs);
        foreach (var process in _all)
        {
            await process.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    // A new server registers before its volumes are open.
    private static bool IsOpen(ServerStatus server) => server.Volumes.Any(volume => volume.State == VolumeState.Healthy);

    private string Logs => string.Join("\n", _all.Select(process => $"--- {process.Name}\n{process.Log}"));

    private async Task<DfsClient> ConnectOnceAsync()
    {
        DfsClient? client = null;
        await Eventually.HoldsAsync("the metadata server answers", async () =>
        {
            AssertRunning();
            client = await DfsClient.ConnectAsync(new DfsClientOptions { MetadataAddresses = [.. _metaAddresses] });
            return true;
        });
        return client!;
    }

    private void AssertRunning()
    {
        var ended = ChunkServers.Values.Concat(Metas.Values).FirstOrDefault(process => process.HasExited && !process.WasKilled);
        Assert.True(ended is null, $"{ended?.Name} has ended by itself");
    }
}
