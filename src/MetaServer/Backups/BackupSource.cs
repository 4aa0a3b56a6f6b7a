using DfsNet.Consensus;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Replication.Snapshots;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Backups;

/// <summary>What a backup holds: the whole state as of one entry, in pieces.</summary>
internal sealed class BackupSource(IStateStore store, Proposer proposer, TimeSpan pieceTimeMax, TimeProvider time)
{
    private const string Step = "back up";

    /// <summary>The state as of one entry that is not older than this call.</summary>
    /// <param name="write">Takes each piece, the header first; a piece that it does not take in time ends the backup.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="DfsException">NotLeader, Unavailable; TimedOut where a piece is not taken.</exception>
    public async Task WriteAsync(Func<BackupPiece, CancellationToken, Task> write, CancellationToken cancellation)
    {
        await proposer.ReadBarrierAsync(cancellation).ConfigureAwait(false);
        var view = store.OpenSnapshot();
        var point = new LogPoint(StateReader.History(view).Term, view.AppliedIndex);
        using var snapshot = new OfferedSnapshot(0, point, view);
        await GiveAsync(new BackupPiece { Header = HeaderOf(view, point) }, write, cancellation).ConfigureAwait(false);
        var after = ReadOnlyMemory<byte>.Empty;
        for (bool isWhole = false; !isWhole;)
        {
            cancellation.ThrowIfCancellationRequested();
            var piece = snapshot.Read(after.Span);
            await GiveAsync(new BackupPiece { Rows = piece }, write, cancellation).ConfigureAwait(false);
            after = piece.Rows.Count > 0 ? piece.Rows[^1].Key.Memory : after;
            isWhole = piece.Last;
        }
    }

    private BackupHeader HeaderOf(IStateReads view, LogPoint point)
    {
        var counters = StateReader.Counters(view);
        var cluster = StateReader.Cluster(view)!;
        return new BackupHeader
        {
            ClusterId = cluster.ClusterId,
            Incarnation = cluster.Incarnation,
            Point = RaftWire.ToWire(point),
            TakenUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Files = counters.Files,
            Directories = counters.Directories,
        };
    }

    private async Task GiveAsync(BackupPiece piece, Func<BackupPiece, CancellationToken, Task> write, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(pieceTimeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            await write(piece, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new DfsException(
                ErrorCode.TimedOut, Step, $"a piece of the backup was not taken within {pieceTimeMax.TotalSeconds:0} s", error);
        }
    }
}
