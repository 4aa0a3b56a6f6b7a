using DfsNet.Integrity;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>
/// A chunk's life in the record: open, sealed, gone; owned or released; referred to or not. Counts and indexes change with it.
/// </summary>
internal static class ChunkLedger
{
    // A file's own slices of a chunk are one or a few; a chunk of many small files is shared, and looking further finds nothing else.
    private const int ReferencesLookedAt = 100;

    public static ChunkId Allocate(CommandContext context, uint replication)
    {
        var chunk = new ChunkId(context.Counters.NextChunk++);
        context.Counters.Chunks++;
        context.Counters.OpenChunks++;
        context.State.Put(Keys.Chunk(chunk), new ChunkRecord
        {
            State = ChunkState.Open,
            Owner = context.Session.Value,
            Replication = replication,
            Generation = context.Index,
        });
        context.State.Put(Keys.OwnedChunk(context.Session, chunk), new MarkerRecord());
        CountOwned(context, context.Session, open: +1, owned: +1);
        return chunk;
    }

    /// <summary>Ends a chunk's growth at its committed length; an empty one is dropped.</summary>
    public static void Seal(CommandContext context, ChunkId chunk)
    {
        var record = context.State.Require(Keys.Chunk(chunk));
        Invariant.Require(record.State == ChunkState.Open, "only an open chunk is sealed");
        if (record.CommittedLength == 0)
        {
            Remove(context, chunk);
            return;
        }

        record.State = ChunkState.Sealed;
        context.State.Put(Keys.Chunk(chunk), record);
        context.Counters.OpenChunks--;
        CountOwned(context, new SessionId(record.Owner), open: -1, owned: 0);
        context.Announce(new ChunkSealed(chunk, (int)record.CommittedLength, record.CommittedDigest));
    }

    /// <summary>The session has committed all it will from a sealed chunk.</summary>
    public static void Release(CommandContext context, ChunkId chunk)
    {
        var record = context.State.Require(Keys.Chunk(chunk));
        Invariant.Require(record.State == ChunkState.Sealed, "only a sealed chunk is released");
        var owner = new SessionId(record.Owner);
        context.State.Delete(Keys.OwnedChunk(owner, chunk));
        CountOwned(context, owner, open: 0, owned: -1);
        record.Owner = 0;
        context.State.Put(Keys.Chunk(chunk), record);
        if (IsIdle(record))
        {
            MarkUnreferenced(context, chunk);
        }
    }

    /// <summary>Counts slices and bytes that begin or cease to refer to a chunk.</summary>
    public static void Refer(CommandContext context, ChunkId chunk, int references, long bytes)
    {
        var record = context.State.Require(Keys.Chunk(chunk));
        bool wasIdle = IsIdle(record);
        Invariant.Require(references >= 0 || record.References > 0, "a chunk counts the slices that refer to it");
        record.References = (uint)(record.References + references);
        record.LiveBytes = (ulong)((long)record.LiveBytes + bytes);
        context.State.Put(Keys.Chunk(chunk), record);
        if (!wasIdle && IsIdle(record))
        {
            MarkUnreferenced(context, chunk);
        }
        else if (wasIdle && !IsIdle(record))
        {
            context.State.Delete(Keys.Unreferenced(chunk));
            context.Announce(new ChunkReferenced(chunk));
        }
    }

    /// <summary>A file that wants so many replicas refers to the chunk: it is to have no fewer.</summary>
    public static void Raise(CommandContext context, ChunkId chunk, uint replication)
    {
        var record = context.State.Require(Keys.Chunk(chunk));
        if (record.Replication < replication)
        {
            Want(context, chunk, record, replication);
        }
    }

    /// <summary>
    /// The file of <paramref name="map"/> wants so many replicas now. More are made always; fewer are kept only of a chunk that no other
    /// file refers to.
    /// </summary>
    public static void Follow(CommandContext context, ChunkId chunk, MapId map, uint replication)
    {
        var record = context.State.Require(Keys.Chunk(chunk));
        bool isAlone = record.Owner == 0 && StateReader.MapsOf(context.State, chunk).Take(ReferencesLookedAt + 1).ToList() is var maps
            && maps.Count <= ReferencesLookedAt && maps.TrueForAll(other => other == map);
        if (record.Replication < replication || (record.Replication > replication && isAlone))
        {
            Want(context, chunk, record, replication);
        }
    }

    /// <summary>Takes a chunk that nothing refers to out of the record; all its replicas are leaving.</summary>
    public static void Remove(CommandContext context, ChunkId chunk)
    {
        var record = context.State.Require(Keys.Chunk(chunk));
        Invariant.Require(record.References == 0, "a chunk that is referred to is never removed");
        if (record.Owner != 0)
        {
            var owner = new SessionId(record.Owner);
            context.State.Delete(Keys.OwnedChunk(owner, chunk));
            CountOwned(context, owner, record.State == ChunkState.Open ? -1 : 0, -1);
        }
        else
        {
            context.State.Delete(Keys.Unreferenced(chunk));
        }

        if (record.State == ChunkState.Open)
        {
            context.Counters.OpenChunks--;
        }

        context.Counters.Chunks--;
        context.State.Delete(Keys.Chunk(chunk));
        context.Announce(new ChunkRemoved(chunk));
        ReplicaLedger.AllLeaving(context, chunk);
    }

    /// <summary>Nobody owns it and nothing refers to it.</summary>
    public static bool IsIdle(ChunkRecord record) => record.Owner == 0 && record.References == 0;

    private static void Want(CommandContext context, ChunkId chunk, ChunkRecord record, uint replication)
    {
        record.Replication = replication;
        context.State.Put(Keys.Chunk(chunk), record);
        context.Announce(new ChunkWanted(chunk));
    }

    private static void MarkUnreferenced(CommandContext context, ChunkId chunk)
    {
        context.State.Put(Keys.Unreferenced(chunk), new MarkerRecord());
        context.Announce(new ChunkUnreferenced(chunk));
    }

    private static void CountOwned(CommandContext context, SessionId session, int open, int owned)
    {
        var record = context.State.Require(Keys.Session(session));
        record.OpenChunks = (uint)(record.OpenChunks + open);
        record.OwnedChunks = (uint)(record.OwnedChunks + owned);
        context.State.Put(Keys.Session(session), record);
    }
}
