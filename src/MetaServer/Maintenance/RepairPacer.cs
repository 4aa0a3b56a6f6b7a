using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>Watches whether repair meets the operator's deadline, while there is one.</summary>
internal sealed class RepairPacer(ReplicaCensus census, RepairDesk desk, IStateReads store, Proposer proposer, TimeProvider time) : IWorker
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public string Name => "pace of repair";

    public string Status => desk.Pace.Left is { } left ? $"{left.TotalSeconds:0} s until the deadline" : "no deadline";

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        if (desk.Pace.Left is not null)
        {
            long deadline = StateReader.Cluster(store)!.RepairDeadlineUnixMs;
            var counted = await census.CountAsync(Pause, cancellation).ConfigureAwait(false);
            desk.Pace.Follow(counted.MissingBytes, desk.Meter.BytesPerSecond());
            if (counted.MissingBytes == 0 && desk.Pace.IsOverdue)
            {
                // What is lost some day has nothing to do with it.
                await proposer.ProposeAsync(
                    new Command { SetWishes = new SetWishes { RedundantByUnixMs = deadline } }, cancellation).ConfigureAwait(false);
            }
        }

        return WorkResult.Idle;
    }

    public Task WaitForWorkAsync(CancellationToken cancellation) => Task.Delay(Pause, time, cancellation);
}
