using DfsNet.Devices;
using DfsNet.Devices.Network;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Node;

public sealed class RestartTests
{
    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        await using var node = await TestNode.StartAsync();
        var session = await node.OpenSessionAsync();
        var made = await node.MakeDirectoryAsync(session.SessionId, 1, "a");

        await node.StopAsync();
        await node.RestartAsync();

        Assert.Equal(made.Inode, (await node.LookupAsync("a")).Attributes.Inode);
    }

    [Fact]
    public async Task What_is_fixed_for_the_life_of_the_cluster_cannot_be_given_another_value()
    {
        await using var node = await TestNode.StartAsync();
        var session = await node.OpenSessionAsync();
        await node.MakeDirectoryAsync(session.SessionId, 1, "a");
        await node.StopAsync();
        var created = node.Options;
        MetaServerOptions[] others =
        [
            created with { Replication = 2 }, created with { MinReplicas = 1 }, created with { ChunkSize = Limits.BlockSize },
        ];

        foreach (var other in others)
        {
            node.Options = other;
            var error = await Assert.ThrowsAsync<DfsException>(node.RestartAsync);
            Assert.Equal(ErrorCode.Refused, error.Code);
            Assert.Contains("--replication 3 --min-replicas 2 --chunk-size 67108864", error.Message, StringComparison.Ordinal);
        }

        node.Options = created with { SuspectAfter = TimeSpan.FromSeconds(4) };
        await node.RestartAsync();
        await node.LookupAsync("a");
        await node.StopAsync();

        node.Options = created with { Replication = null, MinReplicas = null, ChunkSize = null };
        await node.RestartAsync();
        Assert.Equal(3u, StateReader.Cluster(node.Store)!.Replication);
    }

    [Fact]
    public async Task What_was_acknowledged_survives_a_power_cut_at_any_moment()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            await using var node = await TestNode.StartAsync(seed, options => options with { FlushLogBytes = 65_536 });
            var random = new Random(seed);
            int acknowledged = 0;
            for (int life = 0; life < 3; life++)
            {
                ulong session = (await node.OpenSessionAsync((ulong)life + 1)).SessionId;
                int until = random.Next(1, 40);
                for (ulong sequence = 1; sequence <= (ulong)until; sequence++)
                {
                    await node.MakeDirectoryAsync(session, sequence, $"d{acknowledged}");
                    acknowledged++;
                }

                await node.CrashAsync();
                await node.RestartAsync();
                for (int i = 0; i < acknowledged; i++)
                {
                    await node.LookupAsync($"d{i}");
                }
            }
        }
    }

    [Fact]
    public async Task A_call_repeated_after_a_restart_gives_the_first_calls_answer()
    {
        await using var node = await TestNode.StartAsync();
        var session = await node.OpenSessionAsync();
        var first = await node.MakeDirectoryAsync(session.SessionId, 1, "a");

        await node.CrashAsync();
        await node.RestartAsync();
        var second = await node.MakeDirectoryAsync(session.SessionId, 1, "a");

        Assert.Equal(first, second);
        Assert.Equal(session.SessionId, (await node.OpenSessionAsync()).SessionId);
    }

    [Fact]
    public async Task Starts_do_not_leave_segments_of_the_log_behind()
    {
        await using var node = await TestNode.StartAsync();
        ulong session = (await node.OpenSessionAsync()).SessionId;
        for (ulong life = 1; life <= 10; life++)
        {
            await node.MakeDirectoryAsync(session, life, $"d{life}");
            await node.StopAsync();
            await node.RestartAsync();
        }

        // The newest entry's, the one begun by this start, and one whose entries were not flushed when the last cut was made.
        Assert.InRange(node.Disk.Paths.Count(path => path.EndsWith(".segment", StringComparison.Ordinal)), 1, 3);
    }

    [Fact]
    public async Task A_crash_inside_any_disk_operation_loses_nothing_acknowledged()
    {
        for (int operation = 1; operation <= 60; operation++)
        {
            await using var node = await TestNode.StartAsync(operation);
            ulong session = (await node.OpenSessionAsync()).SessionId;
            node.Disk.CrashAtOperation(operation);
            int acknowledged = 0;
            try
            {
                for (ulong sequence = 1; sequence <= 30; sequence++)
                {
                    await node.MakeDirectoryAsync(session, sequence, $"d{acknowledged}");
                    acknowledged++;
                }
            }
            catch (DfsException error) when (error.Code == ErrorCode.Unavailable)
            {
                Assert.True(node.Disk.Crashed);
            }

            await node.CrashAsync();
            await node.RestartAsync();
            for (int i = 0; i < acknowledged; i++)
            {
                await node.LookupAsync($"d{i}");
            }

            // The call in flight at the crash is done once, whether it was durable or not.
            await node.MakeDirectoryAsync(session, (ulong)acknowledged + 1, $"d{acknowledged}");
        }
    }

    [Fact]
    public async Task A_crash_inside_any_step_of_the_first_start_leaves_a_directory_that_starts()
    {
        for (int operation = 1; operation <= 40; operation++)
        {
            await using var node = new TestNode(operation);
            node.Disk.CrashAtOperation(operation);
            try
            {
                await node.StartAsync();
            }
            catch (DfsException)
            {
                Assert.True(node.Disk.Crashed);
            }

            await node.CrashAsync();
            await node.RestartAsync();
            await node.OpenSessionAsync();
        }
    }

    [Fact]
    public async Task A_power_cut_inside_any_step_of_a_restart_after_a_kill_never_leaves_the_store_ahead_of_the_log()
    {
        bool started = false;
        for (int operation = 1; !started; operation++)
        {
            for (int seed = 1; seed <= 10; seed++)
            {
                await using var node = await TestNode.StartAsync(seed);
                ulong session = (await node.OpenSessionAsync()).SessionId;

                // Killed between writing an entry and flushing it: the restart finds it in the page cache.
                node.Disk.KillAtOperation(1);
                await TestNode.RefusedAsync(() => node.MakeDirectoryAsync(session, 1, "a"));
                await node.KillAsync();
                node.Disk.CrashAtOperation(operation);
                started = await TryRestartAsync(node);
                await node.CrashWithFlushedStoreAsync();
                await node.RestartAsync();
                await node.MakeDirectoryAsync(session, 1, "a");
            }
        }
    }

    [Fact]
    public async Task Every_start_leads_a_higher_term()
    {
        await using var node = await TestNode.StartAsync();
        ulong first = (await node.StatusAsync()).Term;
        await node.CrashAsync();
        await node.RestartAsync();

        Assert.True((await node.StatusAsync()).Term > first);
    }

    [Fact]
    public async Task A_lost_log_is_refused()
    {
        await using var node = await TestNode.StartAsync();
        await node.OpenSessionAsync();
        await node.StopAsync();
        await DeleteAsync(node.Disk, "log/");

        var error = await TestNode.RefusedAsync(node.RestartAsync);

        Assert.Equal(ErrorCode.Corrupt, error.Code);
    }

    [Fact]
    public async Task A_lost_identity_is_refused()
    {
        await using var node = await TestNode.StartAsync();
        await node.StopAsync();
        await DeleteAsync(node.Disk, "identity");

        var error = await TestNode.RefusedAsync(node.RestartAsync);

        Assert.Equal(ErrorCode.Refused, error.Code);
        Assert.Contains("not empty", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_store_whose_log_was_cut_is_refused()
    {
        await using var node = new TestNode(
            options: options => options with { FlushLogBytes = 65_536, FlushInterval = TimeSpan.FromSeconds(1) });
        node.Disk.CapacityBytes = 16 * 1024 * 1024;
        await node.StartAsync();
        ulong session = (await node.OpenSessionAsync()).SessionId;
        string longName = new('x', 250);
        for (ulong sequence = 1; sequence <= 1_000; sequence++)
        {
            var unlink = new ClientCommand { Unlink = new Unlink { Target = TestNode.PathOf(longName) } };
            await TestNode.RefusedAsync(() => node.SubmitAsync(session, sequence, unlink, sequence));
        }

        await node.UntilAsync(() => !node.Disk.Paths.Contains("log/0000000000000001.segment"));
        await node.StopAsync();
        node.LoseStore();

        var error = await TestNode.RefusedAsync(node.RestartAsync);

        Assert.Equal(ErrorCode.Corrupt, error.Code);
    }

    [Fact]
    public async Task A_second_process_on_the_same_directory_is_refused()
    {
        await using var node = await TestNode.StartAsync();
        var second = new MetaNode(
            node.Options,
            node.Disk.Attach(),
            new MemoryStateStores(_ => throw new InvalidOperationException("never reached")),
            shelf: null,
            new DirectNetwork(node.Time),
            node.Time,
            new Random(2),
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);

        var error = await TestNode.RefusedAsync(() => second.RunAsync("second:7700", CancellationToken.None));

        Assert.Equal(ErrorCode.Refused, error.Code);
        Assert.Contains("another process", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_directory_of_another_role_is_refused()
    {
        await using var node = await TestNode.StartAsync();
        await node.StopAsync();
        await AtomicFile.WriteAsync(node.Disk, "identity", "dfs-chunk something"u8.ToArray());
        Assert.Equal(ErrorCode.WrongCluster, (await TestNode.RefusedAsync(node.RestartAsync)).Code);
    }

    private static async Task<bool> TryRestartAsync(TestNode node)
    {
        try
        {
            await node.RestartAsync();
            return true;
        }
        catch (DfsException)
        {
            Assert.True(node.Disk.Crashed);
            return false;
        }
    }

    private static async Task DeleteAsync(SimulatedDisk disk, string prefix)
    {
        foreach (string path in disk.Paths.Where(path => path.StartsWith(prefix, StringComparison.Ordinal)).ToList())
        {
            await disk.DeleteAsync(path);
        }
    }
}
