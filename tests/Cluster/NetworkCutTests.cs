using System.Text.Json;
using DfsNet.Cluster.Harness;

namespace DfsNet.Cluster;

/// <summary>Servers whose cable is pulled while files are stored and read: nobody is told, packets just do not arrive.</summary>
public sealed class NetworkCutTests
{
    private const int Servers = 5;

    [Fact]
    public async Task Two_of_five_servers_are_cut_off_one_after_the_other_under_load_and_come_back()
    {
        await using var network = await NetworkNamespaces.CreateAsync(Servers);
        string folder = Directory.CreateTempSubdirectory("dfs-test-").FullName;
        var processes = new List<DfsProcess>();
        try
        {
            Start(network, processes, folder);
            var shell = new Shell(network, folder);
            await shell.WaitAsync("all are there", status => Count(status, "healthy") == Servers);
            using var stop = new CancellationTokenSource();
            var load = Task.Run(() => shell.StoreAndReadAsync(stop.Token));

            await network.CutAsync(1);
            await shell.WaitAsync("one is dead and nothing is missing", status => Count(status, "dead") == 1 && IsWhole(status));
            await network.CutAsync(2);
            await shell.WaitAsync("two are dead and nothing is missing", status => Count(status, "dead") == 2 && IsWhole(status));
            await network.MendAsync(1);
            await network.MendAsync(2);
            await shell.WaitAsync("all are back", status => Count(status, "healthy") == Servers && IsWhole(status));
            await stop.CancelAsync();
            int stored = await load;
            Assert.True(stored > 0);
            for (int number = 0; number < stored; number++)
            {
                await shell.ReadAsync(number);
            }
        }
        finally
        {
            foreach (var process in processes)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"--- {process.Name}\n{process.Log}");
                await process.DisposeAsync();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Start(NetworkNamespaces network, List<DfsProcess> processes, string folder)
    {
        processes.Add(DfsProcess.StartVia(network.Via(0), "meta-server", [
            "meta-server", "--stop-with-stdin", "--data", $"{folder}/meta", "--listen", Shell.Meta, "--suspect-after", "1500ms",
            "--dead-after", "3s", "--repair-grace", "500ms", "--mass-failure-window", "1s",
        ]));
        for (int node = 1; node <= Servers; node++)
        {
            processes.Add(DfsProcess.StartVia(network.Via(node), $"chunk-server {node}", [
                "chunk-server", "--stop-with-stdin", "--data", $"{folder}/chunks{node}", "--listen",
                $"{NetworkNamespaces.AddressOf(node)}:7711", "--meta", Shell.Meta,
            ]));
        }
    }

    private static int Count(JsonElement status, string state) => status.GetProperty(state).GetInt32();

    private static bool IsWhole(JsonElement status) => status.GetProperty("underReplicated").GetInt32() == 0
        && status.GetProperty("unavailable").GetInt32() == 0
        && status.GetProperty("repair").GetProperty("running").GetInt32() == 0;

    /// <summary>Somebody who types commands on the machine with the bridge.</summary>
    private sealed class Shell(NetworkNamespaces network, string folder)
    {
        private const int FileBytes = 3_000_000;

        public static readonly string Meta = $"{NetworkNamespaces.AddressOf(0)}:7700";

        private static readonly TimeSpan CommandMax = TimeSpan.FromSeconds(60);

        public Task WaitAsync(string what, Func<JsonElement, bool> isSo) => Eventually.HoldsAsync(what, async () =>
        {
            var (code, output) = await RunAsync("admin", "status", "--json");
            if (code != 0)
            {
                return false;
            }

            using var status = JsonDocument.Parse(output);
            return isSo(status.RootElement);
        });

        /// <summary>Stores a file and reads it, again and again; how many.</summary>
        public async Task<int> StoreAndReadAsync(CancellationToken stop)
        {
            int number = 0;
            for (; !stop.IsCancellationRequested; number++)
            {
                string local = Path.Combine(folder, "local");
                await File.WriteAllBytesAsync(local, Content.Of(number, FileBytes), CancellationToken.None);
                var (code, output) = await RunAsync("put", local, $"/file{number}");
                Assert.True(code == 0, $"file {number} was not stored: {output}");
                await ReadAsync(number);
            }

            return number;
        }

        public async Task ReadAsync(int number)
        {
            string local = Path.Combine(folder, "read");
            var (code, output) = await RunAsync("get", "--force", $"/file{number}", local);
            Assert.True(code == 0, $"file {number} was not read: {output}");
            byte[] found = await File.ReadAllBytesAsync(local);
            Assert.True(found.AsSpan().SequenceEqual(Content.Of(number, FileBytes)), $"file {number} has wrong bytes");
        }

        private async Task<(int Code, string Output)> RunAsync(params IReadOnlyList<string> arguments)
        {
            await using var process = DfsProcess.StartVia(network.Via(0), "dfs " + arguments[0], [.. arguments, "--meta", Meta]);
            process.Input.Close();
            int code = await process.WaitAsync(CommandMax);
            return (code, process.Log);
        }
    }
}
