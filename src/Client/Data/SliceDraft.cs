using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>Acknowledged bytes that are not committed yet: a slice to be, made of one or several appends.</summary>
internal sealed record SliceDraft(long FileOffset, Extent Extent, int Appends)
{
    public long End => FileOffset + Extent.Length;

    /// <summary>This slice and the bytes that follow it in file and chunk, as one; null when they do not.</summary>
    public SliceDraft? Extend(long fileOffset, Extent next)
    {
        if (fileOffset != End || next.Chunk != Extent.Chunk || next.Offset != Extent.Offset + Extent.Length)
        {
            return null;
        }

        int length = Extent.Length + next.Length;
        uint crc = length <= Limits.BlockSize ? Crc32C.Combine(Extent.Crc, next.Crc, next.Length) : 0;
        return new SliceDraft(FileOffset, Extent with { Length = length, Crc = crc }, Appends + 1);
    }
}

/// <summary>Slices that go into one command, and what the command says about their chunks.</summary>
internal sealed class CommitBatch
{
    private readonly List<(OwnedChunk Chunk, ChunkUpdate Update, int Appends)> _chunks = [];

    /// <param name="drafts">In the order in which they were written: later ones lie over earlier ones.</param>
    /// <param name="origin">Subtracted from file offsets: where a commit at the end begins.</param>
    public CommitBatch(IReadOnlyList<SliceDraft> drafts, long origin = 0)
    {
        foreach (var draft in drafts)
        {
            Slices.Add(new SliceWrite
            {
                FileOffset = (ulong)(draft.FileOffset - origin),
                ChunkId = draft.Extent.Chunk.Id.Value,
                ChunkOffset = (uint)draft.Extent.Offset,
                Length = (uint)draft.Extent.Length,
                Crc = draft.Extent.Crc,
            });
        }

        foreach (var chunk in drafts.Select(draft => draft.Extent.Chunk).Distinct())
        {
            int appends = drafts.Where(draft => draft.Extent.Chunk == chunk).Sum(draft => draft.Appends);
            _chunks.Add((chunk, chunk.Describe(appends), appends));
        }
    }

    public List<SliceWrite> Slices { get; } = [];

    public IEnumerable<ChunkUpdate> Updates => _chunks.Select(entry => entry.Update);

    /// <summary>The command took effect.</summary>
    public void Committed()
    {
        foreach (var (chunk, update, appends) in _chunks)
        {
            chunk.Settled(update, appends);
        }
    }

    /// <summary>The command did not take effect, or nobody knows: the bytes will not be committed again.</summary>
    public void Dropped()
    {
        foreach (var (chunk, _, appends) in _chunks)
        {
            chunk.NotSettled(appends);
        }
    }
}
