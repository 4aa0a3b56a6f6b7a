using DfsNet.Client;
using DfsNet.Cluster.Harness;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cluster;

/// <summary>One slow disk of a server that has two.</summary>
public sealed class SlowVolumeTests
{
    private const uint SlowForMs = 60_000;

    [Fact]
    public async Task A_slow_disk_is_left_out_and_the_other_disk_of_its_server_is_not()
    {
        await using var cluster = await TestCluster.StartAsync(
            new TestClusterOptions { ChunkServers = 5, DisksPerServer = 2, ChunkServer = ["--allow-drills"] });
        var client = await cluster.ConnectAsync();
        await using var load = new BackgroundLoad(client, "/load");
        await load.AdvanceAsync(10);

        // What the load writes now is on it.
        var chunk = (await client.LocateAsync(load.Ledger.Newest)).Chunks[^1];
        var slow = chunk.Replicas[1];
        await StrikeAsync(slow.Address, chunk.ChunkId);
        await Eventually.HoldsAsync("the slow disk is known", async () => (await VolumesAsync(client)).Any(volume => volume.Slow));

        var server = (await client.GetStatusAsync()).Servers.Single(server => server.ServerId == slow.ServerId);
        Assert.Equal(slow.VolumeId, server.Volumes.Single(volume => volume.Slow).VolumeId);
        Assert.False(server.Slow);
        Assert.Single(await VolumesAsync(client), volume => volume.Slow);

        // Each client begins a chunk of its own.
        var taken = new HashSet<(ulong, ulong)>();
        for (int number = 0; number < 40 && !taken.Any(place => place.Item1 == slow.ServerId); number++)
        {
            var other = await cluster.ConnectAsync();
            await other.PutAsync($"/new{number}", Content.Of(number, 10_000));
            var layout = await other.LocateAsync($"/new{number}");
            taken.UnionWith(layout.Chunks.SelectMany(one => one.Replicas).Select(replica => (replica.ServerId, replica.VolumeId)));
        }

        Assert.DoesNotContain((slow.ServerId, slow.VolumeId), taken);
        Assert.Contains(taken, place => place.Item1 == slow.ServerId);
        var (code, output) = await cluster.RunAsync("admin", "status");
        Assert.Equal(0, code);
        Assert.Contains($"volume {slow.VolumeId:x16} slow", output, StringComparison.Ordinal);

        await load.StopAsync();
        await load.Ledger.AssertAllThereAsync(client);
    }

    private static async Task<IReadOnlyList<VolumeStatus>> VolumesAsync(DfsClient client) =>
        [.. (await client.GetStatusAsync()).Servers.SelectMany(server => server.Volumes)];

    /// <summary>Slows down the disk of a server that has this chunk.</summary>
    private static async Task StrikeAsync(string address, ulong chunk)
    {
        using var connections = new GrpcConnections();
        var strike = new StrikeRequest { Fault = DrillFault.SlowDisk, DurationMs = SlowForMs, ChunkId = chunk };
        await new Drill.DrillClient(connections.Control(address)).StrikeAsync(strike, deadline: DateTime.UtcNow.AddSeconds(30));
    }
}
