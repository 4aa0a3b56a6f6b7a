using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Chunks;

/// <summary>Puts committed slices into a file: the check of what a client says, and the change of the map.</summary>
internal static class FileContent
{
    /// <summary>
    /// Takes the owner's word on its chunks, maps the slices, releases chunks. Offsets are relative to <paramref name="origin"/>, which is
    /// the file's length for a commit at the end. Returns the file after it.
    /// </summary>
    public static CommandResult Commit(
        CommandContext context,
        InodeId inode,
        SliceMap map,
        ulong origin,
        IReadOnlyCollection<SliceWrite> slices,
        IReadOnlyCollection<ChunkUpdate> chunks)
    {
        ChunkUpdates.Advance(context, chunks);
        RequireSlices(context, origin, slices);
        if (slices.Count > 0)
        {
            map.Write(origin, slices);
            Touch(context, inode);
            map.Save();
            Raise(context, inode, slices);
        }

        ChunkUpdates.Release(context, chunks);
        return new CommandResult { Inode = inode.Value, Version = map.Version, Length = map.Length, FileOffset = origin };
    }

    /// <summary>The content has changed now.</summary>
    public static void Touch(CommandContext context, InodeId inode)
    {
        var record = context.State.Require(Keys.Inode(inode));
        record.ModifiedUnixMs = context.StampUnixMs;
        record.ChangedUnixMs = context.StampUnixMs;
        context.State.Put(Keys.Inode(inode), record);
    }

    /// <summary>The chunks may have been taken under another policy, which changed meanwhile.</summary>
    private static void Raise(CommandContext context, InodeId inode, IReadOnlyCollection<SliceWrite> slices)
    {
        if (context.Cluster!.FeatureLevel < FeatureLevels.Repair)
        {
            return;
        }

        uint replication = context.State.Require(Keys.Inode(inode)).Replication;
        foreach (ulong chunk in slices.Select(slice => slice.ChunkId).Distinct())
        {
            ChunkLedger.Raise(context, new ChunkId(chunk), replication);
        }
    }

    private static void RequireSlices(CommandContext context, ulong origin, IReadOnlyCollection<SliceWrite> slices)
    {
        if (slices.Count > Limits.CommitSlicesMax)
        {
            throw Refusal.Because(ErrorCode.LimitExceeded, $"{slices.Count} slices in one command, {Limits.CommitSlicesMax} is the most");
        }

        foreach (var slice in slices)
        {
            RequireRange(origin, slice);
            RequireCommitted(context, slice);
        }
    }

    private static void RequireRange(ulong origin, SliceWrite slice)
    {
        if (slice.Length == 0)
        {
            throw Refusal.Because(ErrorCode.InvalidArgument, $"an empty slice at offset {slice.FileOffset}");
        }

        // By differences: the sum could wrap around.
        ulong room = (ulong)Limits.FileLengthMax - origin;
        if (slice.FileOffset > room || slice.Length > room - slice.FileOffset)
        {
            throw Refusal.Because(ErrorCode.InvalidArgument, $"a slice at offset {slice.FileOffset} reaches beyond the longest file");
        }
    }

    private static void RequireCommitted(CommandContext context, SliceWrite slice)
    {
        var chunk = new ChunkId(slice.ChunkId);
        var record = ChunkUpdates.RequireOwned(context, chunk);
        ulong end = (ulong)slice.ChunkOffset + slice.Length;
        if (end <= record.CommittedLength)
        {
            return;
        }

        throw record.State == ChunkState.Sealed
            ? Refusal.Because(ErrorCode.ChunkSealed, $"chunk {chunk} is sealed at {record.CommittedLength} bytes, a slice ends at {end}")
            : Refusal.Because(
                ErrorCode.InvalidArgument, $"chunk {chunk}: a slice ends at {end}, acknowledged are {record.CommittedLength} bytes");
    }
}
