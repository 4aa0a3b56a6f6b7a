using DfsNet.MetaServer.Cluster;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Repair;

/// <summary>Tells operators what is missing, how fast it comes back, and why not faster.</summary>
internal static class RepairReport
{
    public static RepairStatus Of(CensusResult counted, RepairDesk desk, ServerHealth health, TimeSpan grace)
    {
        double rate = desk.Meter.BytesPerSecond();
        var status = new RepairStatus
        {
            Endangered = counted.Endangered,
            EndangeredBytes = counted.EndangeredBytes,
            MissingBytes = counted.MissingBytes,
            Queued = (ulong)desk.Queue.Count,
            Running = (ulong)desk.Slots.Running,
            BytesPerSecond = (ulong)rate,
            Copies = (ulong)desk.Meter.Copies,
            CopiedBytes = (ulong)desk.Meter.Bytes,
            SecondsLeft = counted.MissingBytes == 0 ? 0 : rate <= 0 ? ulong.MaxValue : (ulong)Math.Ceiling(counted.MissingBytes / rate),
            Hurried = desk.Pace.IsHurried,
            DeadlineSeconds = (ulong)(desk.Pace.Left?.TotalSeconds ?? 0),
            Overdue = desk.Pace.IsOverdue,
        };
        status.Held = counted.MissingBytes == 0 ? "" : WhyHeld(status, desk, health, grace);
        return status;
    }

    public static BalanceStatus BalanceOf(RepairDesk desk)
    {
        var view = desk.Balance.View;
        return new BalanceStatus
        {
            Stopped = desk.Balance.IsStopped,
            MeanFill = view.Mean,
            LeastFill = view.Least,
            MostFill = view.Most,
            Moves = (ulong)desk.Moves.Done,
            Running = (ulong)desk.Moves.Count,
            BytesLeft = view.BytesLeft,
            Asked = desk.Balance.IsAsked,
        };
    }

    private static string WhyHeld(RepairStatus status, RepairDesk desk, ServerHealth health, TimeSpan grace)
    {
        if (desk.Brake.IsActive)
        {
            return $"many servers died at once: only last copies are repaired for {desk.Brake.Left.TotalSeconds:0} s more";
        }

        if (status.Running + status.Queued > 0)
        {
            return "";
        }

        // Otherwise what is missing has just been made, or is about to be found: the count is as old as the last round.
        return health.Servers.Values.Any(server => server.State == ServerState.Dead && !server.IsGone)
            ? $"servers that died may be back: their replicas are made anew {grace.TotalSeconds:0} s after their death"
            : desk.LacksPlaces ? "no healthy server has room for the missing replicas, or none that lacks them already"
            : "";
    }
}
