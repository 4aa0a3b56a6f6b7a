using DfsNet.Client.Data;
using DfsNet.Integrity;
using DfsNet.Protocol;

namespace DfsNet.Client.Tests.Data;

/// <summary>What commits say about chunks, and when a chunk is let go.</summary>
public sealed class CommitTests
{
    private readonly OwnedChunk _chunk = new(new ChunkId(7));

    [Fact]
    public void Neighbours_in_file_and_chunk_become_one_slice_with_one_checksum()
    {
        byte[] bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        var first = new SliceDraft(100, new Extent(_chunk, 0, 5, Crc32C.Compute(bytes.AsSpan(0, 5))), 1);
        var joined = first.Extend(105, new Extent(_chunk, 5, 3, Crc32C.Compute(bytes.AsSpan(5))));
        Assert.NotNull(joined);
        Assert.Equal(8, joined.Extent.Length);
        Assert.Equal(Crc32C.Compute(bytes), joined.Extent.Crc);
        Assert.Null(joined.Extend(109, new Extent(_chunk, 8, 1, 0)));
        Assert.Null(joined.Extend(108, new Extent(_chunk, 9, 1, 0)));
        Assert.Null(joined.Extend(108, new Extent(new OwnedChunk(new ChunkId(8)), 8, 1, 0)));
    }

    [Fact]
    public void A_slice_longer_than_a_block_carries_no_checksum()
    {
        var draft = new SliceDraft(0, new Extent(_chunk, 0, Limits.BlockSize, 5), 1);
        Assert.Equal(0u, draft.Extend(Limits.BlockSize, new Extent(_chunk, Limits.BlockSize, 1, 6))!.Extent.Crc);
    }

    [Fact]
    public void A_chunk_is_released_by_the_last_commit_from_it()
    {
        Append(3);
        _chunk.Acknowledge(30, 9);
        var one = Batch(1);
        Assert.False(Assert.Single(one.Updates).Seal);
        one.Committed();

        _chunk.Close();
        var two = Batch(1);
        Assert.True(Assert.Single(two.Updates).Seal);
        Assert.False(Assert.Single(two.Updates).Release);
        var three = Batch(1);
        two.Committed();
        Assert.False(_chunk.IsDue);
        three.Committed();
        Assert.True(_chunk.TakeDue()!.Release);
    }

    [Fact]
    public void A_seal_that_no_commit_takes_along_is_due()
    {
        Append(1);
        _chunk.Acknowledge(10, 9);
        Assert.Null(_chunk.TakeDue());
        _chunk.Close();
        Assert.False(_chunk.TakeDue()!.Release);
        Assert.False(_chunk.IsDue);

        // The report is on its way: a commit must not release the chunk under it.
        var early = Batch(1);
        Assert.False(Assert.Single(early.Updates).Release);
        _chunk.NotReported();
        Assert.False(_chunk.IsDue);
        early.Dropped();
        var due = _chunk.TakeDue();
        Assert.True(due!.Release);
        _chunk.Reported(due);
        Assert.True(_chunk.IsReleaseTold);
        Assert.False(_chunk.IsDue);
    }

    private void Append(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _chunk.AddUncommitted();
        }
    }

    private CommitBatch Batch(int appends) => new([new SliceDraft(0, new Extent(_chunk, 0, 10, 0), appends)]);
}
