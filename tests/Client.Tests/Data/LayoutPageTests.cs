using CsCheck;
using DfsNet.Client.Data;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Tests.Data;

/// <summary>Which slice or hole lies at an offset.</summary>
public sealed class LayoutPageTests
{
    [Fact]
    public void Segments_cover_the_file_without_gap_or_overlap() =>
        Gen.Select(Gen.Select(Gen.Int[0, 50], Gen.Int[1, 50]).List[0, 20], Gen.Int[0, 60]).Sample((parts, tail) =>
        {
            var reply = new GetLayoutReply { Attributes = new Attributes { Version = 1 } };
            reply.Chunks.Add(new ChunkLayout { ChunkId = 1, Length = 10_000 });
            long at = 0;
            long chunkAt = 0;
            var expected = new List<long>();
            foreach (var (hole, length) in parts)
            {
                expected.AddRange(Enumerable.Repeat(-1L, hole));
                at += hole;
                reply.Slices.Add(new Slice { FileOffset = (ulong)at, ChunkId = 1, ChunkOffset = (uint)chunkAt, Length = (uint)length });
                expected.AddRange(Enumerable.Range(0, length).Select(i => chunkAt + i));
                at += length;
                chunkAt += length + 3;
            }

            expected.AddRange(Enumerable.Repeat(-1L, tail));
            reply.Attributes.Length = (ulong)expected.Count;

            var page = new LayoutPage(reply, 0, 0);
            var seen = new List<long>();
            while (seen.Count < expected.Count)
            {
                var segment = page.At(seen.Count);
                Assert.Equal(seen.Count, segment.FileOffset);
                Assert.True(segment.Length > 0);
                for (int i = 0; i < segment.Length; i++)
                {
                    seen.Add(segment.Slice is null ? -1 : segment.ChunkOffset + i);
                }
            }

            Assert.Equal(expected, seen);
        });

    [Fact]
    public void A_page_with_more_behind_it_ends_at_its_last_slice()
    {
        var reply = new GetLayoutReply { Attributes = new Attributes { Length = 1000 }, More = true };
        reply.Chunks.Add(new ChunkLayout { ChunkId = 1, Length = 10_000 });
        reply.Slices.Add(new Slice { FileOffset = 100, ChunkId = 1, Length = 50 });
        var page = new LayoutPage(reply, 90, 0);
        Assert.False(page.Covers(89));
        Assert.True(page.Covers(149));
        Assert.False(page.Covers(150));
    }
}
