using DfsNet.Cluster.Harness;

namespace DfsNet.Cluster;

/// <summary>Many files, and one that is very large.</summary>
public sealed class ManyFilesTests
{
    [Fact]
    public async Task Ten_thousand_small_files_are_stored_listed_and_read_back()
    {
        await using var cluster = await TestCluster.StartAsync();
        var client = await cluster.ConnectAsync();
        var ledger = new Ledger();
        const int Files = 10_000;

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Files),
            new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (number, _) => await ledger.PutAsync(client, $"/files/{number:d5}", number, 1 + (number * 13 % 8_192)));

        var names = new List<string>();
        await foreach (var entry in client.ListAsync("/files"))
        {
            names.Add(entry.Name);
        }

        Assert.Equal(Enumerable.Range(0, Files).Select(number => $"{number:d5}"), names);
        await ledger.AssertAllThereAsync(client);

        // They share the chunks of their writer: that is what makes them cheap.
        Assert.InRange((await client.GetStatusAsync()).Chunks, 1ul, 64ul);
    }

    [Fact]
    public async Task A_file_of_5_GiB_is_stored_and_read_back()
    {
        bool wanted = Environment.GetEnvironmentVariable("DFS_TEST_LARGE") == "1";
        Assert.SkipUnless(wanted, "set DFS_TEST_LARGE=1: it needs 16 GiB of disk and minutes");
        await using var cluster = await TestCluster.StartAsync();
        var client = await cluster.ConnectAsync();
        const long Length = 5L * 1024 * 1024 * 1024;

        await client.PutAsync("/large", Content.Stream(1, Length));

        await using var file = await client.OpenReadAsync("/large");
        Assert.Equal(Length, file.Length);
        Assert.Equal(await Content.HashAsync(Content.Stream(1, Length)), await Content.HashAsync(file));
    }
}
