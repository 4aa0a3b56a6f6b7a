using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Replication;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>What operators order about all servers: scrub, repair, balance; and what happened.</summary>
internal sealed class RepairOperations(
    OperatorOrders orders, ServerTable servers, RepairDesk desk, ScrubWishes scrubs, EventLog events, Proposer proposer, TimeProvider time)
{
    public StartScrubReply StartScrub(StartScrubRequest request)
    {
        if (request.ServerId != 0 && servers.RecordOf(new ServerId(request.ServerId)) is null)
        {
            throw new DfsException(ErrorCode.NotFound, "scrub", $"there is no server {new ServerId(request.ServerId)}");
        }

        events.Add(request.ServerId == 0 ? "an operator had all servers scrubbed" : $"an operator had server {request.ServerId} scrubbed");
        return new StartScrubReply { Request = scrubs.Wish(new ServerId(request.ServerId)) };
    }

    public async Task<SteerRepairReply> SteerRepairAsync(SteerRepairRequest request, CancellationToken cancellation)
    {
        if (request.Resume)
        {
            desk.Brake.Release();
            desk.Sweeps.WantAll();
            events.Add("an operator released the brake on mass failure");
        }

        if (request.NoDeadline || request.DeadlineMs > 0)
        {
            var by = time.GetUtcNow() + TimeSpan.FromMilliseconds(Math.Min(request.DeadlineMs, uint.MaxValue));
            var wishes = new SetWishes { RepairDeadlineUnixMs = request.NoDeadline ? 0 : by.ToUnixTimeMilliseconds() };
            await orders.GiveAsync(new Command { SetWishes = wishes }, "steer repair", cancellation).ConfigureAwait(false);
        }

        return new SteerRepairReply();
    }

    public async Task<SteerBalanceReply> SteerBalanceAsync(SteerBalanceRequest request, CancellationToken cancellation)
    {
        if (request.Stop || request.Start)
        {
            var wishes = new SetWishes { Balance = request.Stop ? BalanceWish.Stopped : BalanceWish.Even };
            await orders.GiveAsync(new Command { SetWishes = wishes }, "balance", cancellation).ConfigureAwait(false);
        }

        return new SteerBalanceReply { Status = RepairReport.BalanceOf(desk) };
    }

    public GetEventsReply GetEvents(GetEventsRequest request)
    {
        var reply = new GetEventsReply { Term = proposer.Term };
        reply.Events.AddRange(events.After(request.After));
        return reply;
    }
}
