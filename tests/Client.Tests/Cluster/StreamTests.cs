using System.Diagnostics;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Tests.Cluster;

/// <summary>Streams behave as a file does.</summary>
public sealed class StreamTests
{
    private const int Chunk = 256 * 1024;

    [Fact]
    public async Task Random_writes_truncations_and_reads_match_an_array()
    {
        await using var cluster = await TestCluster.StartAsync();
        var random = new Random(5);
        byte[] model = [];
        await using (var stream = await cluster.Client.OpenWriteAsync("/f"))
        {
            for (int step = 0; step < 120; step++)
            {
                if (step % 20 == 19)
                {
                    int length = random.Next(Chunk * 3);
                    await stream.SetLengthAsync(length);
                    Array.Resize(ref model, length);
                    continue;
                }

                int offset = random.Next(Chunk * 3);
                byte[] bytes = Bytes.Of(random.Next(1, step % 3 == 0 ? Chunk : 3000), step);
                stream.Position = offset;
                await stream.WriteAsync(bytes);
                Array.Resize(ref model, Math.Max(model.Length, offset + bytes.Length));
                bytes.CopyTo(model, offset);
                Assert.Equal(model.Length, stream.Length);
                if (step % 7 == 0)
                {
                    await stream.FlushAsync();
                    Assert.Equal(model, await Bytes.ReadAsync(cluster.Client, "/f"));
                }
            }
        }

        Assert.Equal(model, await Bytes.ReadAsync(cluster.Client, "/f"));
        await using var reader = await cluster.Client.OpenReadAsync("/f");
        for (int i = 0; i < 200; i++)
        {
            int offset = random.Next(model.Length + 10);
            byte[] buffer = new byte[random.Next(1, 100_000)];
            reader.Position = offset;
            int read = await reader.ReadAsync(buffer);
            int expected = Math.Clamp(model.Length - offset, 0, buffer.Length);
            Assert.Equal(expected, read);
            Assert.Equal(model.AsSpan(Math.Min(offset, model.Length), read).ToArray(), buffer[..read]);
        }
    }

    [Fact]
    public async Task Concurrent_appends_are_each_there_once_and_whole()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var other = await cluster.ConnectAsync();
        const int record = 300;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            var client = writer % 2 == 0 ? cluster.Client : other;
            await using var stream = await client.OpenWriteAsync("/log", new DfsWriteOptions { Mode = DfsWriteMode.Append });
            for (int i = 0; i < 20; i++)
            {
                byte[] bytes = new byte[record];
                Array.Fill(bytes, (byte)writer);
                bytes[1] = (byte)i;
                await stream.WriteAsync(bytes);
                await stream.FlushAsync();
            }
        }));
        byte[] all = await Bytes.ReadAsync(cluster.Client, "/log");
        Assert.Equal(8 * 20 * record, all.Length);
        var seen = all.Chunk(record).Select(part => (Writer: part[0], Number: part[1], Filling: part[2..])).ToList();
        Assert.All(seen, part => Assert.All(part.Filling, value => Assert.Equal(part.Writer, value)));
        for (int writer = 0; writer < 8; writer++)
        {
            var numbers = seen.Where(part => part.Writer == writer).Select(part => part.Number);
            Assert.Equal(Enumerable.Range(0, 20).Select(i => (byte)i), numbers);
        }
    }

    [Fact]
    public async Task An_atomic_write_shows_nothing_before_it_is_closed_and_nothing_when_abandoned()
    {
        await using var cluster = await TestCluster.StartAsync();
        var stream = await cluster.Client.OpenWriteAsync("/a", new DfsWriteOptions { Atomic = true });
        await stream.WriteAsync(Bytes.Of(3 * Chunk));
        await stream.FlushAsync();
        Assert.Equal(ErrorCode.NotFound, (await Assert.ThrowsAsync<DfsException>(() => cluster.Client.StatAsync("/a"))).Code);
        await stream.DisposeAsync();
        Assert.Equal(Bytes.Of(3 * Chunk), await Bytes.ReadAsync(cluster.Client, "/a"));

        var abandoned = await cluster.Client.OpenWriteAsync("/b", new DfsWriteOptions { Atomic = true });
        await abandoned.WriteAsync(Bytes.Of(100));
        abandoned.Abandon();
        await abandoned.DisposeAsync();
        Assert.Equal(ErrorCode.NotFound, (await Assert.ThrowsAsync<DfsException>(() => cluster.Client.StatAsync("/b"))).Code);
    }

    [Fact]
    public async Task A_reader_sees_newer_content_after_a_refresh_and_never_goes_back()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.PutAsync("/f", Bytes.Of(1000));
        await using var reader = await cluster.Client.OpenReadAsync("/f");
        await using (var writer = await cluster.Client.OpenWriteAsync("/f", new DfsWriteOptions { Mode = DfsWriteMode.Append }))
        {
            await writer.WriteAsync(Bytes.Of(500));
        }

        await reader.RefreshAsync();
        Assert.Equal(1500, reader.Length);
        byte[] all = new byte[2000];
        Assert.Equal(1500, await reader.ReadAsync(all));
        Assert.Equal([.. Bytes.Of(1000), .. Bytes.Of(500)], all[..1500]);
    }

    [Fact]
    public async Task Blocking_members_say_what_to_use_instead()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.PutAsync("/f", Bytes.Of(10));
        using var reader = await cluster.Client.OpenReadAsync("/f");
        var refused = Assert.Throws<NotSupportedException>(() => reader.Read(new byte[1], 0, 1));
        Assert.Contains("ReadAsync", refused.Message, StringComparison.Ordinal);
        var writer = await cluster.Client.OpenWriteAsync("/g");
        await writer.WriteAsync(Bytes.Of(10));
        Assert.Throws<NotSupportedException>(writer.Flush);
        Assert.Throws<InvalidOperationException>(writer.Dispose);
        Assert.Equal(0, (await cluster.Client.StatAsync("/g")).Length);
    }

    [Fact]
    public async Task A_layout_is_trusted_no_longer_than_the_cluster_allows()
    {
        var trust = TimeSpan.FromSeconds(1);
        await using var cluster = await TestCluster.StartAsync(meta: options => options with { LayoutTrust = trust });
        await cluster.Client.PutAsync("/f", Bytes.Of(1000, 1));
        await using var reader = await cluster.Client.OpenReadAsync("/f");
        await cluster.Client.PutAsync("/f", Bytes.Of(1000, 2), new DfsPutOptions { Overwrite = true });
        await WaitAsync(trust);
        byte[] buffer = new byte[1000];
        Assert.Equal(1000, await reader.ReadAsync(buffer));
        Assert.Equal(Bytes.Of(1000, 2), buffer);
    }

    [Fact]
    public async Task One_read_gives_bytes_of_one_commit_while_the_file_is_overwritten()
    {
        const int pieces = 40;
        const int piece = 5_000;

        // All versions fit into one chunk: what crosses from one to the next would come in two commits.
        await using var cluster = await TestCluster.StartAsync(
            chunkSize: 16 * 1024 * 1024, configure: options => options with { LayoutTrust = TimeSpan.FromTicks(1) });
        await using var writer = await cluster.Client.OpenWriteAsync("/f");
        await WriteVersionAsync(1);
        await using var reader = await cluster.Client.OpenReadAsync("/f");
        byte[] buffer = new byte[pieces * piece];
        for (byte version = 2; version < 40; version++)
        {
            var writing = WriteVersionAsync(version);
            reader.Position = 0;
            int length = await reader.ReadAsync(buffer);
            await writing;
            Assert.NotEqual(0, length);
            Assert.Equal(-1, buffer.AsSpan(0, length).IndexOfAnyExcept(buffer[0]));
        }

        // Backwards, so that each piece is a slice of its own; all in one commit.
        async Task WriteVersionAsync(byte version)
        {
            byte[] bytes = new byte[piece];
            Array.Fill(bytes, version);
            for (int i = pieces - 1; i >= 0; i--)
            {
                writer.Position = i * piece;
                await writer.WriteAsync(bytes);
            }

            await writer.FlushAsync();
        }
    }

    /// <summary>By the clock that clients measure with: a timer may be some milliseconds early.</summary>
    private static async Task WaitAsync(TimeSpan span)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed <= span)
        {
            await Task.Delay(10);
        }
    }
}
