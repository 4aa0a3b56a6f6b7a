using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Node;

public sealed class DiskTroubleTests
{
    [Fact]
    public async Task After_a_failed_flush_the_node_never_acknowledges_again_and_stops()
    {
        await using var node = await TestNode.StartAsync();
        ulong session = (await node.OpenSessionAsync()).SessionId;
        node.Disk.FailFlushAt(1);

        await TestNode.RefusedAsync(() => node.MakeDirectoryAsync(session, 1, "a"));

        var end = await Assert.ThrowsAsync<DfsException>(() => node.Running);
        Assert.Equal(ErrorCode.VolumeFailed, end.Code);
        Assert.Equal(ErrorCode.Unavailable, (await TestNode.RefusedAsync(() => node.MakeDirectoryAsync(session, 2, "b"))).Code);
        Assert.Equal(ErrorCode.Unavailable, (await TestNode.RefusedAsync(() => node.LookupAsync(""))).Code);
    }

    [Fact]
    public async Task A_full_disk_refuses_growth_serves_reads_and_recovers()
    {
        await using var node = await TestNode.StartAsync();
        ulong session = (await node.OpenSessionAsync()).SessionId;
        await node.MakeDirectoryAsync(session, 1, "kept");
        node.Disk.WritesFail = DiskFailure.Full;

        Assert.Equal(ErrorCode.OutOfSpace, (await TestNode.RefusedAsync(() => node.MakeDirectoryAsync(session, 2, "refused"))).Code);
        Assert.Equal(ErrorCode.OutOfSpace, (await TestNode.RefusedAsync(() => node.MakeDirectoryAsync(session, 3, "refused"))).Code);
        await node.LookupAsync("kept");

        node.Disk.WritesFail = null;
        await node.UntilAsync(async () => await TryMakeAsync(node, session, 3, "later"));
        await node.LookupAsync("later");
        await node.CrashAsync();
        await node.RestartAsync();
        await node.LookupAsync("kept");
        await node.LookupAsync("later");
        Assert.Equal(ErrorCode.NotFound, (await TestNode.RefusedAsync(() => node.LookupAsync("refused"))).Code);
    }

    [Fact]
    public async Task A_disk_short_of_space_takes_deletions_only()
    {
        await using var node = await TestNode.StartAsync(options: options => options with { SpaceReserveBytes = 1L << 40 });
        ulong session = (await node.OpenSessionAsync()).SessionId;
        await node.MakeDirectoryAsync(session, 1, "a");
        node.Disk.CapacityBytes = 1024;
        await node.UntilAsync(async () => (await node.StatusAsync()).Alarms.Count > 0);

        Assert.Equal(ErrorCode.OutOfSpace, (await TestNode.RefusedAsync(() => node.MakeDirectoryAsync(session, 2, "b"))).Code);
    }

    [Fact]
    public async Task A_node_whose_disk_hangs_stops_in_bounded_time_and_acknowledges_nothing_afterwards()
    {
        await using var node = await TestNode.StartAsync();
        ulong session = (await node.OpenSessionAsync()).SessionId;
        ulong applied = node.Store.AppliedIndex;
        node.Disk.StallFor(TimeSpan.FromHours(1));
        var making = node.MakeDirectoryAsync(session, 1, "a");
        long began = node.Time.GetTimestamp();
        var stopping = node.StopAsync();
        await node.UntilAsync(() => stopping.IsCompleted);
        Assert.True(node.Time.GetElapsedTime(began) < TimeSpan.FromMinutes(1));
        await stopping;

        node.Time.Advance(TimeSpan.FromHours(1));
        await TestNode.RefusedAsync(() => making);
        Assert.Equal(applied, node.Store.AppliedIndex);
        await node.RestartAsync();
        await node.MakeDirectoryAsync(session, 1, "a");
    }

    private static async Task<bool> TryMakeAsync(TestNode node, ulong session, ulong sequence, string path)
    {
        try
        {
            await node.MakeDirectoryAsync(session, sequence, path);
            return true;
        }
        catch (DfsException error) when (error.Code is ErrorCode.OutOfSpace or ErrorCode.Unavailable)
        {
            return false;
        }
    }
}
