using DfsNet.Cluster.Harness;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cluster;

/// <summary>A flipped bit on a disk is never served, and somebody hears of it.</summary>
public sealed class DamageTests
{
    [Fact]
    public async Task A_flipped_bit_in_a_chunk_file_is_never_served_and_is_reported()
    {
        await using var cluster = await TestCluster.StartAsync();
        byte[] content = Content.Of(1, 3_000_000);
        await using (var writer = await cluster.ConnectAsync())
        {
            // The end of this session seals its chunk: from now on the bytes lie in the chunk files alone.
            await cluster.PutOnAllAsync(writer, "/file", () => new MemoryStream(content));
        }

        // Two of three replicas, each in another place: whichever server a reader asks first, it mostly meets one of them.
        foreach (int number in new[] { 1, 2 })
        {
            await cluster.ChunkServers[number].KillAsync();
            FlipBit(cluster.ChunkServerFolder(number), content.AsSpan(number * 1_000_000, 64));
            cluster.StartChunkServer(number);
        }

        await cluster.WaitHealthyAsync(3);
        var reader = await cluster.ConnectAsync();
        await Eventually.HoldsAsync("a reader met the damage", async () =>
        {
            byte[] found = await ReadAsync(reader, "/file");
            Assert.True(content.AsSpan().SequenceEqual(found), "wrong bytes were served");
            var (code, output) = await cluster.RunAsync("admin", "events");
            Assert.Equal(0, code);
            return output.Contains("bad replica", StringComparison.Ordinal);
        });
        await Eventually.HoldsAsync("the damage is repaired where it was", async () =>
            await reader.GetStatusAsync() is { UnderReplicated: 0, Alarms.Count: 0 });
    }

    [Fact]
    public async Task Bytes_that_no_replica_has_any_more_are_an_error_and_never_wrong_ones()
    {
        await using var cluster = await TestCluster.StartAsync();
        byte[] content = Content.Of(2, 2_000_000);
        await using (var writer = await cluster.ConnectAsync())
        {
            await cluster.PutOnAllAsync(writer, "/file", () => new MemoryStream(content));
        }

        foreach (int number in cluster.ChunkServers.Keys.ToList())
        {
            await cluster.ChunkServers[number].KillAsync();
            FlipBit(cluster.ChunkServerFolder(number), content.AsSpan(1_500_000, 64));
            cluster.StartChunkServer(number);
        }

        await cluster.WaitHealthyAsync(3);
        var reader = await cluster.ConnectAsync(options => options with { CallTimeout = TimeSpan.FromSeconds(5) });
        await using var file = await reader.OpenReadAsync("/file");
        using var found = new MemoryStream();
        await Assert.ThrowsAsync<DfsException>(() => file.CopyToAsync(found));
        Assert.True(content.AsSpan().StartsWith(found.ToArray()), "wrong bytes were served");
        Assert.True(found.Length <= 1_500_000);
    }

    [Fact]
    public async Task A_flipped_bit_in_a_journal_stops_its_server_which_says_where_and_the_others_make_up_for_it()
    {
        await using var cluster = await TestCluster.StartAsync(
            new TestClusterOptions { ChunkServers = 4, Meta = ["--repair-grace", "500ms"] });
        byte[] content = Content.Of(3, 20_000);
        var client = await cluster.ConnectAsync();
        await cluster.PutOnAllAsync(client, "/file", () => new MemoryStream(content));
        var layout = await client.LocateAsync("/file");
        string address = layout.Chunks[0].Replicas[0].Address;
        int number = Enumerable.Range(1, 4).Single(server => cluster.ChunkServerAddress(server) == address);

        // Killed before a checkpoint: little that was acknowledged is in the journal, and may be nowhere else.
        await cluster.ChunkServers[number].KillAsync();
        FlipBit(Path.Combine(cluster.ChunkServerFolder(number), "journal"), content.AsSpan(10_000, 64));
        var again = cluster.StartChunkServer(number);
        Assert.NotEqual(0, await again.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("journal", again.Log, StringComparison.Ordinal);

        await Eventually.HoldsAsync("the others have everything", async () =>
            await client.GetStatusAsync() is { UnderReplicated: 0, Unavailable: 0 } status
            && status.Servers.Any(server => server.Address == address && server.State == ServerState.Dead));
        byte[] found = await ReadAsync(client, "/file");
        Assert.True(content.AsSpan().SequenceEqual(found), "wrong bytes were served");
    }

    private static async Task<byte[]> ReadAsync(Client.DfsClient client, string path)
    {
        using var found = new MemoryStream();
        await client.GetAsync(path, found);
        return found.ToArray();
    }

    /// <summary>
    /// Flips one bit of the given bytes wherever files of the directory hold them: a content stored twice lies there twice.
    /// </summary>
    private static void FlipBit(string folder, ReadOnlySpan<byte> bytes)
    {
        int flipped = 0;
        foreach (string path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            byte[] content = File.ReadAllBytes(path);
            int before = flipped;
            for (int at = content.AsSpan().IndexOf(bytes); at >= 0; at = content.AsSpan().IndexOf(bytes))
            {
                content[at] ^= 0x10;
                flipped++;
            }

            if (flipped > before)
            {
                File.WriteAllBytes(path, content);
            }
        }

        Assert.True(flipped > 0, $"no file below {folder} holds these bytes");
    }
}
