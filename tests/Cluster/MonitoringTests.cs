using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using DfsNet.Cluster.Harness;

namespace DfsNet.Cluster;

/// <summary>What servers show to those who watch them, and options from files.</summary>
public sealed partial class MonitoringTests
{
    [Fact]
    public async Task Metrics_and_health_are_there_and_the_dashboard_names_nothing_else()
    {
        string meta = $"127.0.0.1:{Ports.Take()}", chunk = $"127.0.0.1:{Ports.Take()}";
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            ChunkServers = 1,
            Meta = ["--monitor", meta, "--replication", "1", "--min-replicas", "1"],
            ChunkServer = ["--monitor", chunk],
        });
        var client = await cluster.ConnectAsync();
        await client.PutAsync("/file", Content.Of(1, 1_000_000));
        using var http = new HttpClient();
        string all = await http.GetStringAsync($"http://{meta}/metrics") + await http.GetStringAsync($"http://{chunk}/metrics");
        Assert.Matches("""(?m)^dfs_servers\{.*state="healthy".*\} 1$""", all);
        Assert.Matches("""(?m)^dfs_files\{.*\} 1$""", all);
        Assert.Equal("ready\n", await http.GetStringAsync($"http://{meta}/readyz"));
        Assert.Equal("ready\n", await http.GetStringAsync($"http://{chunk}/readyz"));
        Assert.Equal("alive\n", await http.GetStringAsync($"http://{chunk}/healthz"));

        var exist = MetricLine().Matches(all).Select(match => match.Groups[1].Value).ToHashSet();
        var named = NamesIn(File.ReadAllText(DashboardPath()));
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(exist));
    }

    [Fact]
    public async Task A_read_is_one_trace_from_the_command_to_the_disk()
    {
        await using var collector = await TraceCollector.StartAsync();
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            ChunkServers = 1,
            Meta = ["--traces", collector.Address, "--replication", "1", "--min-replicas", "1"],
            ChunkServer = ["--traces", collector.Address],
        });
        await using (var client = await cluster.ConnectAsync())
        {
            await client.PutAsync("/file", Content.Of(1, 1_000_000));
        }

        string copy = Path.Combine(cluster.Folder, "copy");
        var traced = new Dictionary<string, string> { ["DFS_TRACES"] = collector.Address };
        await using var get = DfsProcess.Start("dfs get", traced, "get", "/file", copy, "--meta", cluster.MetaAddress);
        Assert.Equal(0, await get.WaitAsync(TimeSpan.FromSeconds(60)));
        string[] steps = ["get", "POST", "Microsoft.AspNetCore.Hosting.HttpRequestIn", "read a frame"];
        await Eventually.HoldsAsync("the trace is there", () => collector.Traces.Any(spans => !steps.Except(spans).Any()));
    }

    [Fact]
    public async Task A_chunk_server_that_nobody_registers_is_alive_and_not_ready()
    {
        string monitor = $"127.0.0.1:{Ports.Take()}", folder = Directory.CreateTempSubdirectory("dfs-test-").FullName;
        await using (var server = DfsProcess.Start(
            "chunk-server",
            "chunk-server", "--data", folder, "--listen", $"127.0.0.1:{Ports.Take()}", "--meta", "127.0.0.1:1", "--monitor", monitor))
        {
            using var http = new HttpClient();
            await Eventually.HoldsAsync("the server shows that it lives", async () =>
            {
                try
                {
                    return await http.GetStringAsync($"http://{monitor}/healthz") == "alive\n";
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            });
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync($"http://{monitor}/readyz")).StatusCode);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Options_come_from_a_file_the_command_line_goes_first_and_what_is_no_option_is_refused_by_name()
    {
        string folder = Directory.CreateTempSubdirectory("dfs-test-").FullName, config = Path.Combine(folder, "meta.json");
        string address = $"127.0.0.1:{Ports.Take()}";
        await File.WriteAllTextAsync(
            config, $$"""{ "data": "{{folder}}/meta", "listen": "127.0.0.1:1", "repair-grace": "7s" /* short */ }""");
        await using (var server = DfsProcess.Start("meta-server", "meta-server", "--config", config, "--listen", address))
        {
            await Eventually.HoldsAsync(
                "it listens where the command line says",
                () => server.Log.Contains($"listening on {address}", StringComparison.Ordinal));
            Assert.Contains("RepairGrace=00:00:07", server.Log, StringComparison.Ordinal);
        }

        foreach (var (text, problem) in new[]
        {
            ("""{ "repair-graze": "7s" }""", "unknown key \"repair-graze\""),
            ("""{ "data": "x", "repair-grace": "soon" }""", "--repair-grace: \"soon\" is not a time"),
            ("""{ "data": {} }""", "\"data\" must be a text"),
            ("[]", "no JSON object"),
            ("{ ", "no JSON"),
        })
        {
            await File.WriteAllTextAsync(config, text);
            await using var refused = DfsProcess.Start("meta-server", "meta-server", "--config", config);
            Assert.Equal(2, await refused.WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.Contains(problem, refused.Log, StringComparison.Ordinal);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static HashSet<string> NamesIn(string dashboard)
    {
        using var document = JsonDocument.Parse(dashboard);
        return
        [
            .. document.RootElement.GetProperty("panels").EnumerateArray()
                .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
                .SelectMany(target => MetricName().Matches(target.GetProperty("expr").GetString()!))
                .Select(match => match.Value),
        ];
    }

    private static string DashboardPath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "deploy", "grafana-dashboard.json");

    [GeneratedRegex("""(?m)^(dfs_\w+)\{""")]
    private static partial Regex MetricLine();

    [GeneratedRegex("""dfs_\w+""")]
    private static partial Regex MetricName();
}
