using System.Diagnostics;
using DfsNet.Client;
using DfsNet.Cluster.Harness;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cluster;

/// <summary>A server whose disk runs full, on a small file system of its own.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task A_full_chunk_server_is_left_out_and_deleting_makes_room_again()
    {
        await using var cluster = await TestCluster.StartAsync(
            new TestClusterOptions { ChunkServers = 0, ChunkServer = ["--reserve-bytes", "8388608"] });
        await using var small = await SmallFileSystem.MountAsync(cluster.ChunkServerFolder(1), 96);
        for (int number = 1; number <= 4; number++)
        {
            cluster.StartChunkServer(number);
        }

        await cluster.WaitHealthyAsync(4);
        var client = await cluster.ConnectAsync();
        var ledger = new Ledger();
        for (int number = 0; number < 40; number++)
        {
            await ledger.PutAsync(client, $"/f{number}", number, 5_000_000);
        }

        await ledger.AssertAllThereAsync(client);
        Assert.False(cluster.ChunkServers[1].HasExited);
    }

    [Fact]
    public async Task A_full_metadata_server_takes_deletions_only_and_goes_on_when_there_is_room()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 0 });
        string folder = Path.Combine(cluster.Folder, "small"), address = $"127.0.0.1:{Ports.Take()}";
        await using var small = await SmallFileSystem.MountAsync(folder, 64);
        var meta = cluster.Start(
            "meta-server on a small disk",
            ["meta-server", "--data", Path.Combine(folder, "meta"), "--listen", address, "--space-reserve-bytes", "8MiB"]);
        await using var client = await DfsClient.ConnectAsync(new DfsClientOptions { MetadataAddresses = [address] });
        await client.CreateDirectoryAsync("/before");
        string ballast = Path.Combine(folder, "ballast");

        await File.WriteAllBytesAsync(ballast, new byte[52 << 20]);
        await Eventually.HoldsAsync("creating is refused for want of space", () => IsRefusedAsync(client, "/while"));
        await client.DeleteDirectoryAsync("/before");
        await Assert.ThrowsAsync<DfsException>(() => client.StatAsync("/before"));

        File.Delete(ballast);
        await Eventually.HoldsAsync("creating is possible again", async () => !await IsRefusedAsync(client, "/after"));
        await client.StatAsync("/after");
        Assert.False(meta.HasExited);
    }

    private static async Task<bool> IsRefusedAsync(DfsClient client, string path)
    {
        try
        {
            await client.CreateDirectoryAsync(path, parents: true);
            return false;
        }
        catch (DfsException error) when (error.Code == ErrorCode.OutOfSpace)
        {
            return true;
        }
    }

    /// <summary>A tmpfs of a few MiB, where this process may mount one.</summary>
    private sealed class SmallFileSystem(string folder) : IAsyncDisposable
    {
        public static async Task<SmallFileSystem> MountAsync(string folder, int sizeMi)
        {
            Directory.CreateDirectory(folder);
            int code = await RunAsync("mount", "-t", "tmpfs", "-o", $"size={sizeMi}m", "tmpfs", folder);
            Assert.SkipUnless(code == 0, "mounting a tmpfs needs root");
            return new SmallFileSystem(folder);
        }

        public async ValueTask DisposeAsync() => await RunAsync("umount", "-l", folder);

        private static async Task<int> RunAsync(string command, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true });
            if (process is null)
            {
                return -1;
            }

            await process.WaitForExitAsync();
            return process.ExitCode;
        }
    }
}
