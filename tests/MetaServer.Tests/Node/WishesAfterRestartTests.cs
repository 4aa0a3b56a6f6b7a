using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Node;

/// <summary>Another leader wants what operators want.</summary>
public sealed class WishesAfterRestartTests
{
    [Fact]
    public async Task Balance_stays_stopped_and_the_deadline_comes_nearer()
    {
        await using var node = await TestNode.StartAsync();
        await SteerAsync(node, new SteerBalanceRequest { Stop = true });
        await HurryAsync(node, new SteerRepairRequest { DeadlineMs = 3_600_000 });
        var before = await node.StatusAsync();
        Assert.True(before.Balance.Stopped);
        Assert.InRange(before.Repair.DeadlineSeconds, 3_500u, 3_600u);

        await node.StopAsync();
        node.Time.Advance(TimeSpan.FromMinutes(20));
        await node.RestartAsync();

        var after = await node.StatusAsync();
        Assert.True(after.Balance.Stopped);
        Assert.InRange(after.Repair.DeadlineSeconds, 2_300u, 2_400u);
    }

    [Fact]
    public async Task A_deadline_that_is_met_is_forgotten_when_it_is_over()
    {
        await using var node = await TestNode.StartAsync();
        await HurryAsync(node, new SteerRepairRequest { DeadlineMs = 5_000 });
        await node.PassAsync(TimeSpan.FromSeconds(4));
        Assert.NotEqual(0, StateReader.Cluster(node.Store)!.RepairDeadlineUnixMs);
        await node.UntilAsync(() => StateReader.Cluster(node.Store)!.RepairDeadlineUnixMs == 0);
        Assert.False((await node.StatusAsync()).Repair.Overdue);
    }

    [Fact]
    public async Task Balance_that_was_wanted_even_is_automatic_again_when_it_is_even()
    {
        await using var node = await TestNode.StartAsync();
        Assert.True((await SteerAsync(node, new SteerBalanceRequest { Start = true })).Status.Asked);
        await node.UntilAsync(async () => !(await node.StatusAsync()).Balance.Asked);
        await node.StopAsync();
        await node.RestartAsync();
        Assert.False((await node.StatusAsync()).Balance.Asked);
    }

    private static Task<SteerBalanceReply> SteerAsync(TestNode node, SteerBalanceRequest request) =>
        TestNode.CallAsync(context => node.Node.OperationService.SteerBalance(request, context));

    private static Task<SteerRepairReply> HurryAsync(TestNode node, SteerRepairRequest request) =>
        TestNode.CallAsync(context => node.Node.OperationService.SteerRepair(request, context));
}
