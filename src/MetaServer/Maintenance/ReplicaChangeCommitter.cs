using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Commits changes of replica rows, many in one command: replicas that are leaving, removals that servers confirmed, copies that are
/// proven.
/// </summary>
internal sealed class ReplicaChangeCommitter(ReplicaChanges changes, Proposer proposer, TimeProvider time) : IWorker
{
    private const int ChangesPerCommand = 1_000;

    // A heartbeat's interval: what several servers say in it goes into one entry.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private long _committed;

    public string Name => "commit replica changes";

    public string Status => $"{Interlocked.Read(ref _committed)} committed";

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        if (changes.Take(ChangesPerCommand) is not { } taken)
        {
            return WorkResult.Idle;
        }

        try
        {
            await proposer.ProposeAsync(new Command { ChangeReplicas = taken }, cancellation).ConfigureAwait(false);
        }
        finally
        {
            changes.Settle(taken);
        }

        Interlocked.Add(ref _committed, taken.Leaving.Count + taken.Gone.Count + taken.Added.Count);
        return WorkResult.Busy;
    }

    public Task WaitForWorkAsync(CancellationToken cancellation) => Task.Delay(Pause, time, cancellation);
}
