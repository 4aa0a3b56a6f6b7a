using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// Lets go of old journal segments: a new one begins with the state of every open and every damaged replica; when that is durable and
/// the files of open chunks are flushed, nothing before it is needed.
/// </summary>
internal sealed partial class Checkpoint(ChunkStore store, ILogger log)
{
    private const string Step = "checkpoint";

    // Guards _running and _stopped.
    private readonly Lock _gate = new();
    private Task<bool> _running = Task.FromResult(true);
    private volatile bool _failed;
    private bool _stopped;

    /// <summary>
    /// Starts a checkpoint when the journal has grown enough and none is under way. After a failure it waits for a retry.
    /// </summary>
    public void Poke()
    {
        if (!_failed)
        {
            Retry();
        }
    }

    /// <summary>As <see cref="Poke"/>, even when the last one failed.</summary>
    public void Retry()
    {
        if (store.Journal.CheckpointWanted)
        {
            _ = StartOrJoin();
        }
    }

    /// <summary>Makes one now, after the one under way; false when it could not be made.</summary>
    public async Task<bool> RunAsync()
    {
        Task<bool> earlier;
        lock (_gate)
        {
            earlier = _running;
        }

        await earlier.ConfigureAwait(false);
        return await StartOrJoin().ConfigureAwait(false);
    }

    /// <summary>Waits while the journal is far larger than it should be; OutOfSpace when no checkpoint can be made.</summary>
    public async Task WaitForRoomAsync(CancellationToken cancellation)
    {
        if (store.Journal.Overfull && !await StartOrJoin().WaitAsync(cancellation).ConfigureAwait(false))
        {
            store.Health.RequireWritable(Step);
            throw new DfsException(ErrorCode.OutOfSpace, Step, $"the journal of volume {store.Id} is full");
        }
    }

    /// <summary>Begins no other; ends with the one under way.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _stopped = true;
            return _running;
        }
    }

    private Task<bool> StartOrJoin()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return Task.FromResult(false);
            }

            if (_running.IsCompleted)
            {
                // Not on the caller's stack: it may hold what the checkpoint needs.
                _running = Task.Run(TryMakeAsync);
            }

            return _running;
        }
    }

    private async Task<bool> TryMakeAsync()
    {
        try
        {
            store.Health.RequireWritable(Step);
            await MakeAsync().ConfigureAwait(false);
            _failed = false;
            return true;
        }
        catch (DiskException error)
        {
            store.Health.Take(error, Step);
            CheckpointFailed(error, store.Id);
        }
        catch (DfsException error)
        {
            CheckpointFailed(error, store.Id);
        }

        _failed = true;
        return false;
    }

    private async Task MakeAsync()
    {
        Task<long> rotated;
        var logged = new List<ValueTask<long>>();
        var open = new List<Replica>();
        lock (store.Table.Order) // guards the table: the new segment begins with the state of exactly this moment
        {
            rotated = store.Journal.Rotate();
            foreach (var replica in store.Table.All)
            {
                if (Describe(replica) is { } record)
                {
                    logged.Add(store.Journal.Append(record));
                }

                if (replica.Open is not null)
                {
                    open.Add(replica);
                }
            }
        }

        long position;
        try
        {
            position = await rotated.ConfigureAwait(false);
        }
        finally
        {
            // Also when there will be no checkpoint: what is still in the journal's queue could take later records down with it.
            await AwaitAllAsync(logged).ConfigureAwait(false);
        }

        foreach (var replica in open)
        {
            await SettleAsync(replica).ConfigureAwait(false);
        }

        await store.Journal.TrimAsync(position).ConfigureAwait(false);
        CheckpointMade(store.Id, position, open.Count);
    }

    // What the journal alone knows of a replica; a sealed one describes itself in its header.
    private static byte[]? Describe(Replica replica) => replica.State switch
    {
        ReplicaState.Open when replica.Open is { } open => VolumeRecord.OpenState(replica, open),
        ReplicaState.Damaged => VolumeRecord.Quarantined(replica.Chunk, replica.Generation),
        ReplicaState.Leaving => VolumeRecord.Removed(replica.Chunk, replica.Generation),
        _ => null,
    };

    // Everything described as written is durable in the file, or no longer described so.
    private async Task SettleAsync(Replica replica)
    {
        using var held = await store.Gates.EnterAsync(replica.Chunk, CancellationToken.None).ConfigureAwait(false);
        OpenReplica? open;
        Task<bool> last;
        lock (store.Table.Order) // guards the replica
        {
            open = replica.Open;
            last = open?.LastAppend ?? Task.FromResult(true);
        }

        if (open is null)
        {
            return; // sealed or removed meanwhile: its file was flushed, or is gone
        }

        bool durable = await last.ConfigureAwait(false);
        if (replica.State == ReplicaState.Open && open.File is { Dirty: true } file)
        {
            await store.WriteUnwrittenAsync(open, file, replica.Length).ConfigureAwait(false);
            await file.FlushAsync().ConfigureAwait(false);
        }

        if (!durable)
        {
            await CutToAcknowledgedAsync(replica, open).ConfigureAwait(false);
        }

        await LetGoAsync(replica, open).ConfigureAwait(false);
    }

    private async Task CutToAcknowledgedAsync(Replica replica, OpenReplica open)
    {
        ValueTask<long> logged;
        lock (store.Table.Order) // guards the replica, and the order of its record
        {
            if (replica.State != ReplicaState.Open || open.Checksums.Length == replica.Length)
            {
                return;
            }

            bool known = open.Checksums.TryGetLastBlock(replica.Length, out uint last);
            Integrity.Invariant.Require(known, "the acknowledged end is a frame end that is still known");
            open.Checksums = open.Checksums.Cut(replica.Length, last);
            logged = store.Journal.Append(VolumeRecord.OpenState(replica, open));
        }

        await logged.ConfigureAwait(false);
    }

    // Nobody writes this file any more, and nothing in it waits to be flushed: the descriptor can go.
    private async Task LetGoAsync(Replica replica, OpenReplica open)
    {
        ChunkFile? file = null;
        lock (store.Table.Order) // guards the replica
        {
            if (!open.Appendable && open.LastAppend.IsCompleted && (replica.State == ReplicaState.Damaged || open.File is { Dirty: false }))
            {
                file = open.File;
                open.File = null;
                if (replica.State == ReplicaState.Damaged)
                {
                    replica.Open = null;
                }
            }
        }

        if (file is not null)
        {
            await file.ReleaseAsync().ConfigureAwait(false);
        }
    }

    private static async Task AwaitAllAsync(List<ValueTask<long>> tasks)
    {
        DiskException? failure = null;
        foreach (var task in tasks)
        {
            try
            {
                await task.ConfigureAwait(false);
            }
            catch (DiskException error)
            {
                failure ??= error;
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Volume {Volume} made a checkpoint at {Position} with {Open} open chunks")]
    private partial void CheckpointMade(VolumeId volume, long position, int open);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Volume {Volume} could not make a checkpoint")]
    private partial void CheckpointFailed(Exception error, VolumeId volume);
}
