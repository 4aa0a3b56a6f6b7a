using DfsNet.Integrity;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>
/// Where replicas are: rows by chunk, an index by server, and the removals that are committed and not confirmed. A removal is committed
/// here before it is ordered.
/// </summary>
internal static class ReplicaLedger
{
    // Ten is the highest replication; a few more stand beside it while replicas move.
    private const int ReplicasMax = 16;

    public static void Add(CommandContext context, ChunkId chunk, ServerId server, VolumeId volume)
    {
        var row = new ReplicaRecord { VolumeId = volume.Value, Generation = context.Index };
        PutRow(context, chunk, server, row);
        CountPresent(context, chunk, +1);
    }

    /// <summary>
    /// A server has proved its copy of a sealed chunk: it is a replica from now on. Where an older one stood, the copy took its place on
    /// the server too. Nothing happens when the chunk or the server is gone, or the row is newer or leaving.
    /// </summary>
    public static void Adopt(CommandContext context, AddedReplica copy)
    {
        var chunk = new ChunkId(copy.ChunkId);
        var server = new ServerId(copy.ServerId);
        bool isPossible = context.State.Get(Keys.Chunk(chunk)) is { State: ChunkState.Sealed, Replicas: < ReplicasMax }
            && context.State.Get(Keys.Server(server))?.VolumeIds.Contains(copy.VolumeId) == true
            && copy.Generation != 0 && copy.Generation < context.Index;
        var former = context.State.Get(Keys.Replica(chunk, server));
        if (!isPossible || former is { Leaving: true } || former?.Generation >= copy.Generation)
        {
            return;
        }

        PutRow(context, chunk, server, new ReplicaRecord { VolumeId = copy.VolumeId, Generation = copy.Generation });
        if (former is null)
        {
            CountPresent(context, chunk, +1);
        }

        context.Announce(new ReplicaAdded(server, chunk));
    }

    /// <summary>
    /// Commits a removal that the leader wants. Nothing happens when it would be wrong by now: a newer replica stands there, the chunk is
    /// open (its set is fixed), it is the last one of a chunk, or the chunk was never allocated in this history.
    /// </summary>
    public static void Leave(CommandContext context, ChunkId chunk, ServerId server, Generation generation)
    {
        if (chunk.Value == 0 || chunk.Value >= context.Counters.NextChunk || !context.State.Has(Keys.Server(server)))
        {
            return;
        }

        var record = context.State.Get(Keys.Chunk(chunk));
        var row = context.State.Get(Keys.Replica(chunk, server));
        if (row is null)
        {
            MarkLeaving(context, chunk, server, new ReplicaRecord { Generation = generation.Value });
            return;
        }

        bool isNeeded = record is not null && (record.State == ChunkState.Open || record.Replicas <= 1);
        if (row.Leaving || row.Generation != generation.Value || isNeeded)
        {
            return;
        }

        MarkLeaving(context, chunk, server, row);
        if (record is not null)
        {
            CountPresent(context, chunk, -1);
        }
    }

    /// <summary>All replicas of a chunk that has just left the record.</summary>
    public static void AllLeaving(CommandContext context, ChunkId chunk)
    {
        foreach (var (key, row) in context.State.Scan(Keys.Replicas(chunk)))
        {
            if (!row.Leaving)
            {
                MarkLeaving(context, chunk, new ServerId(Keys.IdAt(key, 1)), row);
            }
        }
    }

    /// <summary>The server confirmed a removal that is committed.</summary>
    public static void Gone(CommandContext context, ChunkId chunk, ServerId server, Generation generation)
    {
        var row = context.State.Get(Keys.Replica(chunk, server));
        if (row is null || !row.Leaving || row.Generation != generation.Value)
        {
            return;
        }

        DropRow(context, chunk, server);
        context.Announce(new ReplicaGone(server, chunk, generation));
    }

    /// <summary>
    /// A server that will never come back, or is empty, is taken out: its replica of a chunk goes without a confirmation. False when that
    /// would be wrong: the chunk is open (its set is fixed), or has no other replica and a loss is not accepted.
    /// </summary>
    public static bool TryForget(CommandContext context, ChunkId chunk, ServerId server, bool lossy)
    {
        var row = context.State.Require(Keys.Replica(chunk, server));
        var record = context.State.Get(Keys.Chunk(chunk));
        if (!row.Leaving && record is not null)
        {
            if (record.State == ChunkState.Open || (record.Replicas <= 1 && !lossy))
            {
                return false;
            }

            CountPresent(context, chunk, -1);
        }

        DropRow(context, chunk, server);
        context.Announce(new ReplicaGone(server, chunk, new Generation(row.Generation)));
        return true;
    }

    private static void MarkLeaving(CommandContext context, ChunkId chunk, ServerId server, ReplicaRecord row)
    {
        row.Leaving = true;
        PutRow(context, chunk, server, row);
        context.State.Put(Keys.Leaving(server, chunk), new LeavingRecord { Generation = row.Generation });
        context.Announce(new ReplicaLeaving(server, chunk, new Generation(row.Generation)));
    }

    private static void PutRow(CommandContext context, ChunkId chunk, ServerId server, ReplicaRecord row)
    {
        var key = Keys.Replica(chunk, server);
        if (!context.State.Has(key))
        {
            context.State.Put(Keys.ServerReplica(server, chunk), new MarkerRecord());
            CountRows(context, server, +1);
        }

        context.State.Put(key, row);
    }

    private static void DropRow(CommandContext context, ChunkId chunk, ServerId server)
    {
        context.State.Delete(Keys.Replica(chunk, server));
        context.State.Delete(Keys.ServerReplica(server, chunk));
        context.State.Delete(Keys.Leaving(server, chunk));
        CountRows(context, server, -1);
    }

    private static void CountPresent(CommandContext context, ChunkId chunk, int change)
    {
        var record = context.State.Require(Keys.Chunk(chunk));
        Invariant.Require(change > 0 || record.Replicas > 0, "a chunk counts its replicas");
        record.Replicas = (uint)(record.Replicas + change);
        context.State.Put(Keys.Chunk(chunk), record);
    }

    private static void CountRows(CommandContext context, ServerId server, int change)
    {
        var record = context.State.Require(Keys.Server(server));
        record.Replicas = (ulong)((long)record.Replicas + change);
        context.State.Put(Keys.Server(server), record);
    }
}
