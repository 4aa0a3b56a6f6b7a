using System.Diagnostics;
using DfsNet.Cluster.Harness;

namespace DfsNet.Cluster;

/// <summary>A server that answers its heartbeats as ever, and whose disk takes a third of a second for each flush.</summary>
public sealed class SlowServerTests
{
    [Fact]
    public async Task A_server_with_a_slow_disk_is_left_out_and_nobody_else_is()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 5 });
        var client = await cluster.ConnectAsync();
        await using var load = new BackgroundLoad(client, "/load");
        await load.AdvanceAsync(10);
        string address = cluster.ChunkServerAddress(3);

        using var slowness = Slow(cluster.ChunkServers[3].Id);
        await Eventually.HoldsAsync("the slow server is known", async () =>
            (await client.GetStatusAsync()).Servers.Single(server => server.Address == address).Slow);
        Assert.DoesNotContain((await client.GetStatusAsync()).Servers, server => server.Slow && server.Address != address);
        for (int number = 0; number < 3; number++)
        {
            var other = await cluster.ConnectAsync();
            await other.PutAsync($"/new{number}", Content.Of(number, 100_000));
            var layout = await other.LocateAsync($"/new{number}");
            Assert.DoesNotContain(layout.Chunks.SelectMany(chunk => chunk.Replicas), replica => replica.Address == address);
        }

        slowness.Kill();
        await slowness.WaitForExitAsync();
        await load.StopAsync();
        await load.Ledger.AssertAllThereAsync(client);
    }

    private static Process Slow(int processId)
    {
        try
        {
            var strace = Process.Start(new ProcessStartInfo(
                "strace",
                [
                    "-f", "-q", "-p", $"{processId}", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e",
                    "inject=fdatasync,fsync:delay_exit=300000",
                ])
            { RedirectStandardError = true })!;
            Assert.SkipWhen(strace.WaitForExit(TimeSpan.FromSeconds(1)), "attaching strace needs the right to");
            return strace;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("strace is missing");
            throw;
        }
    }
}
