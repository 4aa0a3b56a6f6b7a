using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>
/// What an operator wants of repair and balance. It stands in the record, so a new leader wants the same; the leader that has done it says
/// so, and takes nothing back that was wanted after that.
/// </summary>
internal static class SetWishesRules
{
    public static CommandResult Apply(CommandContext context, SetWishes command)
    {
        var cluster = context.Cluster!;
        var balance = cluster.Balance;
        long deadline = cluster.RepairDeadlineUnixMs;
        cluster.Balance = command.HasBalance ? command.Balance
            : command.Even && balance == BalanceWish.Even ? BalanceWish.Automatic
            : balance;
        cluster.RepairDeadlineUnixMs = command.HasRepairDeadlineUnixMs ? command.RepairDeadlineUnixMs
            : command.RedundantByUnixMs == deadline ? 0
            : deadline;
        context.State.Put(Keys.Cluster, cluster);
        if (cluster.Balance != balance || command.HasBalance)
        {
            context.Announce(new BalanceWished(cluster.Balance));
        }

        if (cluster.RepairDeadlineUnixMs != deadline || command.HasRepairDeadlineUnixMs)
        {
            context.Announce(new DeadlineWished(cluster.RepairDeadlineUnixMs));
        }

        return new CommandResult();
    }
}
