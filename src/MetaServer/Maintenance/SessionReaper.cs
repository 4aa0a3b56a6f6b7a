using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>Ends sessions that fell silent, and seals open chunks whose owner did not answer the request to.</summary>
internal sealed class SessionReaper(SessionTable sessions, OpenChunks open, Proposer proposer, TimeProvider time) : IWorker
{
    // An end of session seals up to 16 chunks; one at a time leaves room for clients between them.
    private const int PerUnit = 32;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _ended;

    public string Name => "end silent sessions";

    public string Status => $"{Interlocked.Read(ref _ended)} ended, {sessions.Count} live";

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        var expired = sessions.TakeExpired(PerUnit);
        foreach (var session in expired)
        {
            var end = new EndSession { SessionId = session.Value, Expired = true };
            await proposer.ProposeAsync(new Command { EndSession = end }, cancellation).ConfigureAwait(false);
            Interlocked.Increment(ref _ended);
        }

        var overdue = open.TakeOverdue(PerUnit);
        foreach (var chunk in overdue)
        {
            await proposer.ProposeAsync(new Command { SealChunk = new SealChunk { ChunkId = chunk.Value } }, cancellation).ConfigureAwait(
                false);
        }

        return expired.Count + overdue.Count > 0 ? WorkResult.Busy : WorkResult.Idle;
    }

    public Task WaitForWorkAsync(CancellationToken cancellation) => Task.Delay(Pause, time, cancellation);
}
