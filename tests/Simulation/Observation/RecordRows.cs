using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Observation;

/// <summary>Rows that show as changes of the record: what is sealed or dropped by which command, what leaves and is gone.</summary>
internal sealed class RecordRows(World world, OwnerRows owners)
{
    private readonly Dictionary<ulong, uint> _open = [];
    private readonly HashSet<ulong> _removalOrdered = [];
    private readonly HashSet<(ulong Server, ulong Chunk)> _surplus = [];
    private readonly Dictionary<ulong, long> _heldOrphans = [];
    private ulong _seen;

    /// <summary>The committed length of an open chunk; null when it is sealed or gone.</summary>
    public uint? OpenLength(ulong chunk) => _open.TryGetValue(chunk, out uint length) ? length : null;

    public void NoteRemovalOrdered(ulong chunk) => _removalOrdered.Add(chunk);

    /// <summary>A batch is about to be applied, by whichever metadata server is the first.</summary>
    public void See(IStateReads before, ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes)
    {
        if (index <= _seen)
        {
            // Replayed: it was counted before.
            return;
        }

        _seen = index;
        var command = CommandOf(changes);
        foreach (var (key, value) in changes)
        {
            switch (key[0])
            {
                case Keys.ChunkTable:
                    SeeChunk(key, value, command);
                    break;
                case Keys.LeavingTable:
                    SeeLeaving(before, key, value);
                    break;
                case Keys.ReplicaTable when value is not null:
                    SeeReplica(before, key, Records.Decode<ReplicaRecord>(value));
                    break;
                case Keys.SessionResultTable when value is not null:
                    SeeResult(Records.Decode<CommandResult>(value));
                    break;
                case Keys.OrphanTable:
                    SeeOrphan(Keys.IdAt(key, 0), value is not null);
                    break;
            }
        }
    }

    private void SeeReplica(IStateReads before, byte[] key, ReplicaRecord row)
    {
        if (before.Get(Keys.Chunk(new ChunkId(Keys.IdAt(key, 0)))) is not { State: ChunkState.Sealed, References: > 0 } chunk)
        {
            return;
        }

        if (row.Leaving)
        {
            world.Coverage.Count(Rows.Trimmed);
        }
        else if (before.Get(new RecordKey<ReplicaRecord>(key)) is null)
        {
            world.Coverage.Count(Rows.CopyAdopted);
            if (chunk.Replicas == 1)
            {
                world.Coverage.Count(Rows.LastCopyRepaired);
            }
        }
    }

    /// <summary>Who changed the record, told by the other rows of the batch.</summary>
    private static Change CommandOf(IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes)
    {
        var change = new Change(0, false);
        foreach (var (key, value) in changes)
        {
            if (key[0] == Keys.SessionTable && value is null)
            {
                change = change with { EndedSession = Keys.IdAt(key, 0) };
            }
            else if (key[0] == Keys.SessionResultTable && value is not null)
            {
                change = change with { IsOfClient = true };
            }
        }

        return change;
    }

    private void SeeChunk(byte[] key, byte[]? value, Change change)
    {
        ulong chunk = Keys.IdAt(key, 0);
        var after = value is null ? null : Records.Decode<ChunkRecord>(value);
        if (after?.State == ChunkState.Open)
        {
            _open[chunk] = after.CommittedLength;
            return;
        }

        if (!_open.Remove(chunk))
        {
            return;
        }

        if (after is not null)
        {
            world.Coverage.Count(SealOf(chunk, change));
        }
        else if (change.EndedSession != 0)
        {
            world.Coverage.Count(Rows.EmptyDropped);
        }
    }

    private string SealOf(ulong chunk, Change change)
    {
        if (change.EndedSession != 0)
        {
            return owners.Ends(change.EndedSession) ? Rows.SealByGoodbye : Rows.SealBySilence;
        }

        return !change.IsOfClient ? Rows.SealByLeader : owners.WasAskedFor(chunk) ? Rows.SealByRequest : Rows.SealByOwner;
    }

    // An empty chunk is dropped instead of sealed.
    private void SeeResult(CommandResult result)
    {
        if (result.Error is ErrorCode.ChunkSealed or ErrorCode.ChunkNotFound)
        {
            world.Coverage.Count(Rows.WordBeyondSeal);
        }
    }

    private void SeeLeaving(IStateReads before, byte[] key, byte[]? value)
    {
        ulong server = Keys.IdAt(key, 0);
        ulong chunk = Keys.IdAt(key, 1);
        if (value is not null)
        {
            if (!before.Has(Keys.Replica(new ChunkId(chunk), new ServerId(server))))
            {
                _surplus.Add((server, chunk));
            }

            return;
        }

        if (_removalOrdered.Contains(chunk))
        {
            world.Coverage.Count(_surplus.Remove((server, chunk)) ? Rows.SurplusRemoved : Rows.ReplicaRemoved);
        }
    }

    private void SeeOrphan(ulong inode, bool isPut)
    {
        if (isPut)
        {
            if (owners.IsHeld(inode))
            {
                _heldOrphans[inode] = world.Scheduler.Now;
            }
        }
        else if (_heldOrphans.Remove(inode, out long since)
            && world.Scheduler.Now - since > 2 * world.Shape.MetaOptions.OrphanGrace.Ticks)
        {
            world.Coverage.Count(Rows.OrphanHeld);
        }
    }

    /// <summary>What is known of a command.</summary>
    private readonly record struct Change(ulong EndedSession, bool IsOfClient);
}
