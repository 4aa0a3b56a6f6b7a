using DfsNet.Integrity;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>
/// An owner's word on its chunks: acknowledged prefixes, seals, releases. The longest prefix is the committed one; a shorter one that comes
/// late (calls overtake each other) says nothing new and cannot be checked, the same length must have the same digest.
/// </summary>
internal static class ChunkUpdates
{
    /// <summary>Takes prefixes and seals. Releases come last, after the slices of the same command: see <see cref="Release"/>.</summary>
    public static void Advance(CommandContext context, IReadOnlyCollection<ChunkUpdate> updates)
    {
        if (updates.Count > Limits.SessionOwnedChunksMax)
        {
            throw Refusal.Because(
                ErrorCode.LimitExceeded, $"{updates.Count} chunks in one command, {Limits.SessionOwnedChunksMax} is the most");
        }

        foreach (var update in updates)
        {
            Advance(context, update);
        }
    }

    /// <summary>Releases what the updates say; a chunk that its own update dropped is gone already.</summary>
    public static void Release(CommandContext context, IReadOnlyCollection<ChunkUpdate> updates)
    {
        foreach (var update in updates)
        {
            var chunk = new ChunkId(update.ChunkId);
            if (update.Release && context.State.Get(Keys.Chunk(chunk)) is { } record && record.Owner == context.Session.Value)
            {
                ChunkLedger.Release(context, chunk);
            }
        }
    }

    /// <summary>A chunk of the calling session.</summary>
    public static ChunkRecord RequireOwned(CommandContext context, ChunkId chunk) => RequireOwned(context, chunk, context.Session);

    public static ChunkRecord RequireOwned(CommandContext context, ChunkId chunk, SessionId owner)
    {
        var record = context.State.Get(Keys.Chunk(chunk))
            ?? throw Refusal.Because(ErrorCode.ChunkNotFound, $"chunk {chunk} does not exist (any more)");
        return record.Owner == owner.Value
            ? record
            : throw Refusal.Because(ErrorCode.NotOwner, $"chunk {chunk} does not belong to session {owner}");
    }

    /// <summary>Checks and takes one acknowledged prefix of a chunk.</summary>
    public static void TakePrefix(CommandContext context, ChunkUpdate update, ChunkRecord record)
    {
        var chunk = new ChunkId(update.ChunkId);
        if (update.Length > context.Cluster!.ChunkSize)
        {
            throw Refusal.Because(ErrorCode.InvalidArgument, $"chunk {chunk}: {update.Length} bytes are more than a chunk holds");
        }

        if (update.Length == 0 && update.Digest != Crc32C.Empty)
        {
            throw Refusal.Because(ErrorCode.PrefixConflict, $"chunk {chunk}: an empty prefix with digest {update.Digest:x8}");
        }

        if (update.Length == record.CommittedLength && update.Digest != record.CommittedDigest)
        {
            throw Refusal.Because(
                ErrorCode.PrefixConflict,
                $"chunk {chunk}: digest {update.Digest:x8} for {update.Length} bytes, committed was {record.CommittedDigest:x8}");
        }

        if (update.Length <= record.CommittedLength)
        {
            return;
        }

        if (record.State == ChunkState.Sealed)
        {
            throw Refusal.Because(
                ErrorCode.ChunkSealed, $"chunk {chunk} is sealed at {record.CommittedLength} bytes, {update.Length} reach beyond");
        }

        record.CommittedLength = update.Length;
        record.CommittedDigest = update.Digest;
        context.State.Put(Keys.Chunk(chunk), record);
    }

    private static void Advance(CommandContext context, ChunkUpdate update)
    {
        var chunk = new ChunkId(update.ChunkId);
        var record = RequireOwned(context, chunk);
        TakePrefix(context, update, record);
        if (update.Seal && update.Length < record.CommittedLength)
        {
            throw Refusal.Because(
                ErrorCode.PrefixConflict, $"chunk {chunk}: a seal at {update.Length} bytes, {record.CommittedLength} are committed");
        }

        // A release says that nothing follows, so it seals too.
        if ((update.Seal || update.Release) && record.State == ChunkState.Open)
        {
            ChunkLedger.Seal(context, chunk);
        }
    }
}
