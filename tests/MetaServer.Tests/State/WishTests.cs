using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.State;

/// <summary>What operators want stands in the record until they want something else, or until it is done.</summary>
public sealed class WishTests
{
    private readonly MetadataInHand _metadata = new();

    [Theory]
    [InlineData(BalanceWish.Stopped)]
    [InlineData(BalanceWish.Even)]
    public void One_wish_leaves_the_other_as_it_is(BalanceWish wish)
    {
        Wish(new SetWishes { RepairDeadlineUnixMs = 5_000 });
        Wish(new SetWishes { Balance = wish });
        Assert.Equal((wish, 5_000), Wishes());

        Wish(new SetWishes { RepairDeadlineUnixMs = 0 });
        Assert.Equal((wish, 0), Wishes());
        Wish(new SetWishes { Balance = BalanceWish.Automatic });
        Assert.Equal((BalanceWish.Automatic, 0), Wishes());
    }

    [Fact]
    public void What_is_done_is_not_wanted_any_more()
    {
        Wish(new SetWishes { Balance = BalanceWish.Even, RepairDeadlineUnixMs = 5_000 });
        Wish(new SetWishes { Even = true });
        Wish(new SetWishes { RedundantByUnixMs = 5_000 });
        Assert.Equal((BalanceWish.Automatic, 0), Wishes());
    }

    [Fact]
    public void What_was_wanted_meanwhile_stays_wanted()
    {
        Wish(new SetWishes { Balance = BalanceWish.Stopped, RepairDeadlineUnixMs = 6_000 });
        Wish(new SetWishes { Even = true });
        Wish(new SetWishes { RedundantByUnixMs = 5_000 });
        Assert.Equal((BalanceWish.Stopped, 6_000), Wishes());
    }

    [Fact]
    public void Each_wish_is_told_to_the_leader_alone_and_as_it_is_now()
    {
        _metadata.Events.Clear();
        Wish(new SetWishes { Balance = BalanceWish.Even });
        Wish(new SetWishes { RepairDeadlineUnixMs = 5_000 });
        Wish(new SetWishes { RedundantByUnixMs = 4_000 });
        Wish(new SetWishes { Even = true });
        Assert.Equal(
            [new BalanceWished(BalanceWish.Even), new DeadlineWished(5_000), new BalanceWished(BalanceWish.Automatic)], _metadata.Events);
    }

    private void Wish(SetWishes wishes) =>
        Assert.Equal(ErrorCode.Unspecified, _metadata.Propose(new Command { SetWishes = wishes }).Error);

    private (BalanceWish Balance, long Deadline) Wishes()
    {
        var cluster = StateReader.Cluster(_metadata.Store)!;
        return (cluster.Balance, cluster.RepairDeadlineUnixMs);
    }
}
