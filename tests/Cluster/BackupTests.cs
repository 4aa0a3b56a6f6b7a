using DfsNet.Client;
using DfsNet.Cluster.Harness;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cluster;

/// <summary>All metadata is lost, and a backup brings back what it holds; clients and chunk servers have gone on meanwhile.</summary>
public sealed class BackupTests
{
    private static readonly TestClusterOptions Quick = new()
    {
        Meta = ["--removal-grace", "1s", "--layout-trust", "1s", "--orphan-grace", "0s"],
    };

    [Fact]
    public async Task Behind_a_restore_a_client_that_kept_its_caches_goes_on_and_nothing_is_deleted_before_somebody_says_so()
    {
        await using var cluster = await TestCluster.StartAsync(Quick);
        var client = await cluster.ConnectAsync();
        await client.PutAsync("/kept", Content.Of(1, 300_000));
        await client.PutAsync("/deleted", Content.Of(2, 300_000));
        await client.PutAsync("/replaced", Content.Of(3, 300_000));
        await client.PutAsync("/appended", Content.Of(7, 1_000));
        await using var open = await client.OpenReadAsync("/kept");
        string backup = Path.Combine(cluster.Folder, "backup");
        await RunAsync(cluster, "admin", "meta", "backup", backup);

        // History goes on behind the backup, and is lost.
        await client.DeleteFileAsync("/deleted");
        await client.PutAsync("/replaced", Content.Of(4, 200_000), new DfsPutOptions { Overwrite = true });
        var stray = await cluster.ConnectAsync();
        await stray.PutAsync("/later", Content.Of(5, 300_000));
        await using (var append = await client.OpenWriteAsync("/appended", new DfsWriteOptions { Mode = DfsWriteMode.Append }))
        {
            await append.WriteAsync(Content.Of(8, 1_000));
        }

        var lost = await client.LocateAsync("/later");
        await cluster.Meta.KillAsync();
        Directory.Delete(cluster.MetaFolder, recursive: true);
        await RunAsync(cluster, "admin", "meta", "restore", backup, "--data", cluster.MetaFolder, "--advertise", cluster.MetaAddress);
        cluster.StartMeta();
        await cluster.WaitHealthyAsync(3);

        // What the backup holds is there for a new client, or says honestly that its bytes are gone.
        var later = await cluster.ConnectAsync();
        Assert.Equal(Content.Of(1, 300_000), await ReadAsync(later, "/kept"));
        Assert.Equal(Content.Of(3, 300_000), await ReadAsync(later, "/replaced"));
        Assert.Equal(Content.Of(7, 1_000), await ReadAsync(later, "/appended"));
        Assert.Equal(ErrorCode.NotFound, (await Assert.ThrowsAsync<DfsException>(() => ReadAsync(later, "/later"))).Code);

        // The one that kept its caches never sees wrong bytes, and works on.
        byte[] seen = new byte[300_000];
        open.Position = 0;
        await open.ReadExactlyAsync(seen);
        Assert.Equal(Content.Of(1, 300_000), seen);
        await Eventually.HoldsAsync("the old client sees the restored file", async () =>
            (await ReadAsync(client, "/replaced")).AsSpan().SequenceEqual(Content.Of(3, 300_000)));
        await client.PutAsync("/new", Content.Of(6, 300_000));
        Assert.Equal(Content.Of(6, 300_000), await ReadAsync(later, "/new"));

        // The old client may go on in a chunk that the backup has as its own; a new one gets new ids, none of those that were lost.
        await later.PutAsync("/fresh", Content.Of(10, 300_000));
        var made = await later.LocateAsync("/fresh");
        Assert.True(made.Chunks.Min(chunk => chunk.ChunkId) > lost.Chunks.Max(chunk => chunk.ChunkId), "an id was used twice");

        await AssertProtectedAsync(cluster, client, later);
    }

    [Fact]
    public async Task All_metadata_disks_are_lost_and_the_chunk_servers_alone_bring_the_newest_backup_back()
    {
        await using var cluster = await TestCluster.StartAsync(Quick with
        {
            MetaServers = 3,
            Meta = [.. Quick.Meta, "--backup-interval", "1s", "--backups-kept", "2"],
        });
        var client = await cluster.ConnectAsync();
        await client.PutAsync("/kept", Content.Of(1, 300_000));
        string first = await BackupBehindNowAsync(cluster);
        await client.PutAsync("/later", Content.Of(2, 300_000));
        await BackupBehindNowAsync(cluster);
        Assert.DoesNotContain(first, await NamesAsync(cluster), StringComparer.Ordinal);

        // Every metadata disk is gone, and the chunk servers begin anew with nobody who tells them anything; one does not come back.
        await Task.WhenAll(cluster.Metas.Values.Select(meta => meta.KillAsync()));
        await Task.WhenAll(cluster.ChunkServers.Values.Select(server => server.KillAsync()));
        for (int number = 1; number <= 3; number++)
        {
            Directory.Delete(cluster.MetaFolderOf(number), recursive: true);
        }

        cluster.StartChunkServer(1);
        cluster.StartChunkServer(3);
        string servers = string.Join(',', Enumerable.Range(1, 3).Select(cluster.ChunkServerAddress));
        string[] asked = ["admin", "meta", "backups", "--chunk-servers", servers];
        await Eventually.HoldsAsync("two chunk servers say what they hold", async () =>
            await cluster.RunAsync(asked) is (0, var output) && output.Split("left out").Length == 2);
        var (_, found) = await cluster.RunAsync(asked);
        Assert.Contains("Z.1.", found, StringComparison.Ordinal);
        string address = cluster.MetaAddresses[0];
        await RunAsync(
            cluster, "admin", "meta", "restore", "--chunk-servers", servers, "--data", cluster.MetaFolder, "--advertise", address);
        cluster.StartMetaAlone();
        cluster.StartChunkServer(2);
        await cluster.WaitHealthyAsync(3);

        var later = await cluster.ConnectAsync();
        Assert.Equal(Content.Of(1, 300_000), await ReadAsync(later, "/kept"));
        Assert.Equal(Content.Of(2, 300_000), await ReadAsync(later, "/later"));
        Assert.Equal(Content.Of(1, 300_000), await ReadAsync(client, "/kept"));
        await RunAsync(cluster, "admin", "protect", "off");

        // The history that ended is not forgotten before the new one has as many backups of its own.
        await later.PutAsync("/new", Content.Of(3, 300_000));
        await BackupBehindNowAsync(cluster);
        Assert.All(await NamesAsync(cluster), name => Assert.DoesNotContain("Z.1.", name, StringComparison.Ordinal));
        await cluster.Meta.KillAsync();
        Directory.Delete(cluster.MetaFolder, recursive: true);
        await RunAsync(
            cluster, "admin", "meta", "restore", "--chunk-servers", servers, "--data", cluster.MetaFolder, "--advertise", address);
        cluster.StartMetaAlone();
        await cluster.WaitHealthyAsync(3);
        var last = await cluster.ConnectAsync();
        Assert.Equal(Content.Of(3, 300_000), await ReadAsync(last, "/new"));
    }

    [Fact]
    public async Task A_damaged_backup_and_a_directory_in_use_are_refused()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions { ChunkServers = 0 });
        string backup = Path.Combine(cluster.Folder, "backup");
        await RunAsync(cluster, "admin", "meta", "backup", backup);
        var (code, output) = await cluster.RunAsync("admin", "meta", "restore", backup, "--data", cluster.MetaFolder);
        Assert.Equal(1, code);
        Assert.Contains("another process", output, StringComparison.Ordinal);

        byte[] bytes = await File.ReadAllBytesAsync(backup);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(backup, bytes);
        string other = Path.Combine(cluster.Folder, "other");
        (code, output) = await cluster.RunAsync("admin", "meta", "restore", backup, "--data", other);
        Assert.Equal(1, code);
        Assert.Contains("damaged", output, StringComparison.Ordinal);

        // What is half restored is no data directory.
        await using var server = DfsProcess.Start("meta-server", "meta-server", "--data", other, "--listen", "127.0.0.1:0");
        Assert.Equal(1, await server.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    // Nothing is deleted, neither what the record does not know, nor what is unlinked now, until somebody says so.
    private static async Task AssertProtectedAsync(TestCluster cluster, DfsClient client, DfsClient later)
    {
        int files = ChunkFiles(cluster);
        await client.DeleteFileAsync("/new");
        await Task.Delay(TimeSpan.FromSeconds(4));
        Assert.True(ChunkFiles(cluster) >= files, "something was deleted in a protected cluster");
        Assert.Contains((await later.GetStatusAsync()).Alarms, alarm => alarm.Contains("protected", StringComparison.Ordinal));

        await RunAsync(cluster, "admin", "protect", "off");
        await Eventually.HoldsAsync("what nobody knows goes", () => ChunkFiles(cluster) < files);
        Assert.Equal(Content.Of(1, 300_000), await ReadAsync(later, "/kept"));
        await client.PutAsync("/after", Content.Of(9, 10_000));
        Assert.Equal(Content.Of(9, 10_000), await ReadAsync(later, "/after"));
    }

    /// <summary>Waits until a backup is kept that holds everything up to now, and gives the newest one there was before.</summary>
    private static async Task<string> BackupBehindNowAsync(TestCluster cluster)
    {
        string before = "";
        await Eventually.HoldsAsync("there is a backup", async () =>
            await NamesAsync(cluster) is [.., var newest] && (before = newest).Length > 0);

        // One may have been on its way already: the one behind it certainly holds all.
        await Eventually.HoldsAsync("two newer backups are there", async () =>
            await NamesAsync(cluster) is [.., var older, _] && string.CompareOrdinal(older, before) > 0);
        return before;
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(TestCluster cluster)
    {
        var (code, output) = await cluster.RunAsync("admin", "meta", "backups");
        return code == 0 ? [.. output.Split('\n').Where(line => line.StartsWith("20", StringComparison.Ordinal)).Select(
            line => line.Split(' ')[0])] : [];
    }

    private static async Task RunAsync(TestCluster cluster, params IReadOnlyList<string> arguments)
    {
        var (code, output) = await cluster.RunAsync(arguments);
        Assert.True(code == 0, output);
    }

    private static async Task<byte[]> ReadAsync(DfsClient client, string path)
    {
        using var found = new MemoryStream();
        await client.GetAsync(path, found);
        return found.ToArray();
    }

    private static int ChunkFiles(TestCluster cluster) => cluster.ChunkServers.Keys.Sum(
        number => Directory.GetFiles(cluster.ChunkServerFolder(number), "*.chunk", SearchOption.AllDirectories).Length);
}
