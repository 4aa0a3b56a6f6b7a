using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Reclaims unlinked files that no live session has held for the whole grace; none before every session has said what it holds.
/// </summary>
internal sealed class OrphanReclaimer(
    IStateStore store, Proposer proposer, SessionTable sessions, TickCounter ticks, TimeSpan grace, TimeProvider time) : IWorker
{
    // Orphans looked at in one pass; the rest waits until these have gone.
    private const int SeenMax = 10_000;

    // What the command takes.
    private const int PerCommand = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Owned by the worker's loop: since which tick an orphan has been seen unheld.
    private Dictionary<InodeId, long> _unheldSince = [];
    private int _waiting;

    public string Name => "reclaim unlinked files";

    public string Status => $"{Volatile.Read(ref _waiting)} wait for their grace or for whoever holds them";

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        if (!sessions.EveryoneReported())
        {
            return WorkResult.Idle;
        }

        var due = FindDue();
        if (due.Count == 0)
        {
            return WorkResult.Idle;
        }

        var reclaim = new ReclaimOrphans();
        reclaim.Inodes.AddRange(due.Select(inode => inode.Value));
        await proposer.ProposeAsync(new Command { ReclaimOrphans = reclaim }, cancellation).ConfigureAwait(false);
        return WorkResult.Busy;
    }

    public Task WaitForWorkAsync(CancellationToken cancellation) => Task.Delay(Pause, time, cancellation);

    private List<InodeId> FindDue()
    {
        var unheld = new Dictionary<InodeId, long>();
        var due = new List<InodeId>();
        int waiting = 0;
        using var snapshot = store.OpenSnapshot();
        foreach (var inode in StateReader.Orphans(snapshot).Take(SeenMax))
        {
            waiting++;
            if (sessions.IsHeld(inode))
            {
                continue;
            }

            long since = _unheldSince.GetValueOrDefault(inode, ticks.Now);
            unheld.Add(inode, since);
            if (due.Count < PerCommand && ticks.Now - since >= ticks.Of(grace))
            {
                due.Add(inode);
            }
        }

        _unheldSince = unheld;
        Volatile.Write(ref _waiting, waiting);
        return due;
    }
}
