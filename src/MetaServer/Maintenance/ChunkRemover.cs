using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Removes chunks that nobody has owned or referred to for the whole grace; the orders to the servers follow from the commit.
/// </summary>
internal sealed class ChunkRemover(
    RemovalCandidates candidates, SoftState soft, Proposer proposer, bool isProtected, Func<TimeSpan> grace, TimeProvider time) : IWorker
{
    // A chunk has up to a dozen records: a command stays inside its 10,000.
    private const int ChunksPerCommand = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public string Name => "remove chunks";

    public string Status => $"{candidates.Count} chunks wait for their grace";

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        if (isProtected)
        {
            return WorkResult.Idle;
        }

        var due = candidates.Due(grace(), ChunksPerCommand);
        if (due.Count == 0)
        {
            if (candidates.TakeOverflow())
            {
                soft.FindRemovals();
            }

            return WorkResult.Idle;
        }

        var remove = new RemoveChunks();
        remove.ChunkIds.AddRange(due.Select(chunk => chunk.Value));
        await proposer.ProposeAsync(new Command { RemoveChunks = remove }, cancellation).ConfigureAwait(false);
        return WorkResult.Busy;
    }

    public Task WaitForWorkAsync(CancellationToken cancellation) => Task.Delay(Pause, time, cancellation);
}
