using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Tests.Cluster;

/// <summary>What is put comes back equal, whatever its size.</summary>
public sealed class PutAndGetTests
{
    private const int Chunk = 256 * 1024;
    private const int Block = Limits.BlockSize;

    private static readonly int[] Sizes =
    [
        0, 1, 4096, Block - 1, Block, Block + 1, (2 * Block) + 17, Chunk - 1, Chunk, Chunk + 1, (3 * Chunk) - 5, (5 * Chunk) + 12_345,
    ];

    [Fact]
    public async Task Files_of_every_size_around_a_boundary_come_back_equal()
    {
        await using var cluster = await TestCluster.StartAsync(chunkSize: Chunk);
        foreach (int size in Sizes)
        {
            byte[] content = Bytes.Of(size);
            var put = await cluster.Client.PutAsync($"/memory{size}", content);
            Assert.Equal(size, put.Length);
            Assert.Equal(content, await Bytes.ReadAsync(cluster.Client, $"/memory{size}"));

            await cluster.Client.PutAsync($"/stream{size}", new MemoryStream(content));
            Assert.Equal(content, await Bytes.ReadAsync(cluster.Client, $"/stream{size}"));
            Assert.Equal(size, (await cluster.Client.StatAsync($"/stream{size}")).Length);
        }
    }

    [Fact]
    public async Task Many_small_files_at_once_share_a_few_chunks()
    {
        await using var cluster = await TestCluster.StartAsync(chunkSize: Limits.ChunkSizeMax);
        await Parallel.ForEachAsync(Enumerable.Range(0, 300), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, token) =>
            await cluster.Client.PutAsync($"/many/{i}", Bytes.Of(100 + (i * 13), i), new DfsPutOptions { CreateParents = true }, token));
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal(Bytes.Of(100 + (i * 13), i), await Bytes.ReadAsync(cluster.Client, $"/many/{i}"));
        }

        Assert.InRange((await cluster.Client.GetFileSystemAsync()).Chunks, 1, 2);
    }

    [Fact]
    public async Task A_small_put_costs_at_most_four_log_entries()
    {
        await using var cluster = await TestCluster.StartAsync();
        ulong before = (await cluster.Client.GetStatusAsync()).AppliedIndex;
        await using (var client = await cluster.ConnectAsync())
        {
            await client.PutAsync("/small", new MemoryStream(Bytes.Of(10_000)));
        }

        ulong after = (await cluster.Client.GetStatusAsync()).AppliedIndex;
        Assert.InRange(after - before, 3ul, 4ul);
        Assert.Equal(Bytes.Of(10_000), await Bytes.ReadAsync(cluster.Client, "/small"));
        Assert.True(Assert.Single((await cluster.Client.LocateAsync("/small")).Chunks).Sealed);
    }

    [Fact]
    public async Task A_put_refuses_an_existing_file_unless_told_to_replace_it()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.PutAsync("/f", Bytes.Of(10));
        var error = await Assert.ThrowsAsync<DfsException>(() => cluster.Client.PutAsync("/f", Bytes.Of(20)));
        Assert.Equal(ErrorCode.AlreadyExists, error.Code);
        error = await Assert.ThrowsAsync<DfsException>(() => cluster.Client.PutAsync("/f", new MemoryStream(Bytes.Of(3 * Chunk))));
        Assert.Equal(ErrorCode.AlreadyExists, error.Code);
        Assert.Equal(Bytes.Of(10), await Bytes.ReadAsync(cluster.Client, "/f"));
        await cluster.Client.PutAsync("/f", new MemoryStream(Bytes.Of(3 * Chunk)), new DfsPutOptions { Overwrite = true });
        Assert.Equal(Bytes.Of(3 * Chunk), await Bytes.ReadAsync(cluster.Client, "/f"));
    }

    [Fact]
    public async Task Sixteen_large_puts_at_once_all_arrive()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options with { OpenChunksMax = 4 });
        await Task.WhenAll(Enumerable.Range(0, 16).Select(
            i => cluster.Client.PutAsync($"/p{i}", new MemoryStream(Bytes.Of((4 * Chunk) + i, i)))));
        for (int i = 0; i < 16; i++)
        {
            Assert.Equal(Bytes.Of((4 * Chunk) + i, i), await Bytes.ReadAsync(cluster.Client, $"/p{i}"));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_large_put_gets_a_chunk_though_small_ones_go_on_in_theirs(int openChunksMax)
    {
        const int small = 60_000;
        await using var cluster = await TestCluster.StartAsync(
            configure: options => options with { OpenChunksMax = openChunksMax, CallTimeout = TimeSpan.FromSeconds(10) });
        for (int room = Chunk; room >= Limits.BlockSize; room -= small)
        {
            await cluster.Client.PutAsync($"/small{room}", Bytes.Of(small));
        }

        await cluster.Client.PutAsync("/large", Bytes.Of(2 * Chunk));
        Assert.Equal(Bytes.Of(2 * Chunk), await Bytes.ReadAsync(cluster.Client, "/large"));
    }

    [Fact]
    public async Task A_closed_client_leaves_no_open_chunk_and_no_session()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using (var client = await cluster.ConnectAsync())
        {
            await client.PutAsync("/a", new MemoryStream(Bytes.Of(2 * Chunk)));
            await client.PutAsync("/b", Bytes.Of(100));
        }

        var status = await cluster.Client.GetStatusAsync();
        Assert.Equal(0ul, status.OpenChunks);
        Assert.Equal(0ul, status.Sessions);
    }

    [Fact]
    public async Task Progress_tells_growing_numbers_that_end_at_the_length()
    {
        await using var cluster = await TestCluster.StartAsync();
        var put = new Heard();
        await cluster.Client.PutAsync("/f", new MemoryStream(Bytes.Of(5 * Chunk)), null, put);
        var get = new Heard();
        await cluster.Client.GetAsync("/f", Stream.Null, get);
        foreach (var heard in new[] { put, get })
        {
            Assert.Equal(heard.Values.Order(), heard.Values);
            Assert.Equal(5 * Chunk, heard.Values[^1]);
        }
    }

    private sealed class Heard : IProgress<long>
    {
        public List<long> Values { get; } = [];

        public void Report(long value) => Values.Add(value);
    }
}
