using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Tests.Cluster;

/// <summary>Sessions end, files are held, names are kept in order.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task After_a_lost_session_new_work_goes_on_and_old_writers_fail_clearly()
    {
        await using var cluster = await TestCluster.StartAsync();
        var old = await cluster.Client.OpenWriteAsync("/old");
        await old.WriteAsync(Bytes.Of(100));
        await old.FlushAsync();
        await cluster.EndSessionAsync(1);

        await old.WriteAsync(Bytes.Of(100));
        var error = await Assert.ThrowsAsync<DfsException>(() => old.FlushAsync());
        Assert.Equal(ErrorCode.SessionEnded, error.Code);
        await old.DisposeAsync();

        await cluster.Client.PutAsync("/new", Bytes.Of(1000));
        Assert.Equal(Bytes.Of(1000), await Bytes.ReadAsync(cluster.Client, "/new"));
        Assert.Equal(Bytes.Of(100), await Bytes.ReadAsync(cluster.Client, "/old"));
    }

    [Fact]
    public async Task A_client_that_gets_one_file_needs_no_session_and_one_that_gets_many_has_one()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.PutAsync("/file", Bytes.Of(100));
        ulong before = (await cluster.Client.GetStatusAsync()).Sessions;
        var reader = await cluster.ConnectAsync();
        await reader.GetAsync("/file", Stream.Null);
        Assert.Equal(before, (await reader.GetStatusAsync()).Sessions);

        for (int i = 0; i < 20; i++)
        {
            await reader.GetAsync("/file", Stream.Null);
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await reader.GetStatusAsync(patience.Token)).Sessions != before + 1)
        {
            await Task.Delay(10, patience.Token);
        }

        await reader.DisposeAsync();
        Assert.Equal(before, (await cluster.Client.GetStatusAsync()).Sessions);
    }

    [Fact]
    public async Task Directories_are_created_listed_moved_and_removed()
    {
        await using var cluster = await TestCluster.StartAsync();
        var client = cluster.Client;
        await client.CreateDirectoryAsync("/a/b/c", parents: true);
        for (int i = 0; i < 25; i++)
        {
            await client.PutAsync($"/a/b/f{i:d2}", Bytes.Of(i));
        }

        var names = await client.ListAsync("/a/b", new DfsListOptions { PageSize = 7 }).Select(entry => entry.Name).ToListAsync();
        Assert.Equal(["c", .. Enumerable.Range(0, 25).Select(i => $"f{i:d2}")], names);
        var rest = await client.ListAsync("/a/b", new DfsListOptions { After = "f22" }).Select(entry => entry.Name).ToListAsync();
        Assert.Equal(["f23", "f24"], rest);
        var all = await client.ListAsync("/", new DfsListOptions { Recursive = true }).Select(entry => entry.Path).ToListAsync();
        Assert.Equal(28, all.Count);
        Assert.Equal(["/a", "/a/b", "/a/b/c", "/a/b/f00"], all[..4]);
        Assert.Equal("/a/b/f03", Assert.Single(await client.ListAsync("/a/b/f03").ToListAsync()).Path);

        await client.MoveAsync("/a/b/f01", "/a/moved");
        var exists = await Assert.ThrowsAsync<DfsException>(() => client.MoveAsync("/a/b/f02", "/a/moved"));
        Assert.Equal(ErrorCode.AlreadyExists, exists.Code);
        await client.MoveAsync("/a/b/f02", "/a/moved", replace: true);
        Assert.Equal(Bytes.Of(2), await Bytes.ReadAsync(client, "/a/moved"));

        Assert.Equal(ErrorCode.DirectoryNotEmpty, (await Assert.ThrowsAsync<DfsException>(() => client.DeleteDirectoryAsync("/a"))).Code);
        await client.DeleteDirectoryAsync("/a", recursive: true);
        Assert.Empty(await client.ListAsync("/").ToListAsync());
    }

    [Fact]
    public async Task An_open_file_can_be_read_after_it_was_deleted()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.PutAsync("/f", Bytes.Of(500_000));
        await using var reader = await cluster.Client.OpenReadAsync("/f");
        await cluster.Client.DeleteFileAsync("/f");
        using var all = new MemoryStream();
        await reader.CopyToAsync(all);
        Assert.Equal(Bytes.Of(500_000), all.ToArray());
    }

    [Fact]
    public async Task Chunks_that_came_too_late_for_a_cancelled_write_do_not_use_up_the_session()
    {
        await using var cluster = await TestCluster.StartAsync(
            configure: options => options with { CallTimeout = TimeSpan.FromSeconds(20) });
        for (int i = 0; i < Limits.SessionOpenChunksMax + 1; i++)
        {
            var stream = await cluster.Client.OpenWriteAsync($"/cancelled{i}");
            using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(30));
            cluster.MetaDisk.StallFor(TimeSpan.FromMilliseconds(150));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await stream.WriteAsync(Bytes.Of(200_000), impatient.Token);
                await stream.FlushAsync(impatient.Token);
            });
            await stream.DisposeAsync();
        }

        await cluster.Client.PutAsync("/new", Bytes.Of(500_000));
        Assert.Equal(Bytes.Of(500_000), await Bytes.ReadAsync(cluster.Client, "/new"));
    }

    [Fact]
    public async Task A_file_that_was_staged_too_late_for_its_caller_is_dropped()
    {
        await using var cluster = await TestCluster.StartAsync(servers: 1);
        var session = await cluster.OpenSessionAsync();
        var patience = new CallDeadline(TimeProvider.System, TimeSpan.FromSeconds(20));
        ulong before = await session.StageAsync(0, 0x1a4, patience, CancellationToken.None);
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(30));
        cluster.MetaDisk.StallFor(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session.StageAsync(0, 0x1a4, patience, impatient.Token));
        await Task.Delay(TimeSpan.FromSeconds(2));

        // Inodes are numbered one after the other. The session has this one no more, and had it.
        ulong after = await session.StageAsync(0, 0x1a4, patience, CancellationToken.None);
        Assert.Equal(before + 2, after);
        var error = await Assert.ThrowsAsync<DfsException>(() => session.DropStagedAsync(before + 1, patience, CancellationToken.None));
        Assert.Equal(ErrorCode.NotOwner, error.Code);
        await session.DropStagedAsync(before, patience, CancellationToken.None);
        session.Dispose();
    }

    [Fact]
    public async Task Uploads_that_fail_at_the_end_leave_nothing_staged()
    {
        await using var cluster = await TestCluster.StartAsync(chunkSize: 64 * 1024);
        await cluster.Client.PutAsync("/taken", Bytes.Of(10));
        var keep = new DfsPutOptions { Overwrite = false };
        for (int i = 0; i < Limits.SessionStagedFilesMax + 1; i++)
        {
            var error = await Assert.ThrowsAsync<DfsException>(() => cluster.Client.PutAsync("/taken", Bytes.Of(140_000), keep));
            Assert.Equal(ErrorCode.AlreadyExists, error.Code);
        }
    }
}
