using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Tests.Chunks;

/// <summary>The chunk store on a disk without faults.</summary>
public sealed class VolumeTests
{
    private static readonly ChunkId Chunk = new(0x1234);

    [Fact]
    public async Task A_replica_is_never_reported_as_stopped_while_it_is_created()
    {
        var bench = await VolumeBench.CreateAsync();
        for (ulong chunk = 1; chunk <= 100; chunk++)
        {
            var creating = bench.CreateChunkAsync(new ChunkId(chunk));
            Assert.All(bench.Volume.Report(new ChunkId(0), 1_000), report => Assert.True(report.Appendable));
            await creating;
        }

        Assert.Equal(100, bench.Volume.Report(new ChunkId(0), 1_000).Count(report => report.Appendable));
    }

    [Fact]
    public async Task Appended_bytes_are_served_with_their_checksums()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 1, 100, 65_435, 65_536, 300_000, 7);
        await bench.RequireContentAsync(Chunk, 431_079);
        Assert.Equal(ReplicaCondition.Open, bench.Find(Chunk)!.Condition);
        Assert.True(bench.Find(Chunk)!.Appendable);
    }

    [Fact]
    public async Task A_prefix_inside_a_finished_block_is_served_verified()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 1_000, 200_000, 300_000);
        await bench.RequireContentAsync(Chunk, 1_000);
        await bench.RequireContentAsync(Chunk, 201_000);
        await bench.SealAsync(Chunk, 501_000);
        await bench.RequireContentAsync(Chunk, 201_000);
    }

    [Fact]
    public async Task Many_appends_may_be_under_way_and_keep_their_order()
    {
        var bench = await VolumeBench.CreateAsync();
        var writer = await bench.CreateChunkAsync(Chunk);
        int[] frames = [5, 70_000, 1, 65_536, 1_000_000, 4_096, 500_000, 3];
        var appends = new List<Task<(int Length, uint Digest)>>();
        int offset = 0;
        foreach (int frame in frames)
        {
            appends.Add(VolumeBench.AppendAsync(writer, offset, frame));
            offset += frame;
        }

        Assert.Equal((offset, VolumeBench.Digest(Chunk, offset)), (await Task.WhenAll(appends))[^1]);
        await bench.CrashAndOpenAsync();
        await bench.RequireContentAsync(Chunk, offset);
    }

    [Fact]
    public async Task More_appends_than_the_budget_holds_wait_for_their_turn()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.CloseAllAsync();
        await bench.OpenAsync(options: VolumeBench.Options with { InFlightBytesMax = 1024 * 1024 });
        var writer = await bench.CreateChunkAsync(Chunk);
        var appends = Enumerable.Range(0, 8).Select(i => VolumeBench.AppendAsync(writer, i * 500_000, 500_000)).ToList();
        await Task.WhenAll(appends);
        await bench.RequireContentAsync(Chunk, 4_000_000);
    }

    [Fact]
    public async Task A_sealed_chunk_survives_reopening_and_refuses_appends()
    {
        var bench = await VolumeBench.CreateAsync();
        var writer = await bench.WriteChunkAsync(Chunk, 70_000, 5_000);
        await bench.SealAsync(Chunk, 75_000);
        await bench.SealAsync(Chunk, 75_000);
        Assert.Equal(ErrorCode.ChunkSealed, await VolumeBench.FailAsync(() => VolumeBench.AppendAsync(writer, 75_000, 1)));
        await bench.CloseAndOpenAsync();
        Assert.Equal(ReplicaCondition.Sealed, bench.Find(Chunk)!.Condition);
        await bench.RequireContentAsync(Chunk, 75_000);
        await bench.SealAsync(Chunk, 75_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(65_536)]
    [InlineData(201_000)]
    [InlineData(200_999)]
    public async Task A_seal_cuts_what_is_beyond_it(int length)
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 1_000, 200_000, 300_000);
        await bench.SealAsync(Chunk, length);
        Assert.Equal((uint)length, bench.Find(Chunk)!.Length);
        Assert.Equal(VolumeBench.Digest(Chunk, length), bench.Find(Chunk)!.Digest);
        Assert.Equal(8192 + length, bench.Disk.Snapshot(bench.PathOf(Chunk)).Length);
        await bench.RequireContentAsync(Chunk, length);
        await bench.CrashAndOpenAsync();
        await bench.RequireContentAsync(Chunk, length);
    }

    [Fact]
    public async Task A_replica_that_is_shorter_than_its_seal_or_differs_is_damaged()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 1_000);
        Assert.Equal(ErrorCode.ChecksumMismatch, await VolumeBench.FailAsync(() => bench.SealAsync(Chunk, 1_001)));
        Assert.Equal(ReplicaCondition.Damaged, bench.Find(Chunk)!.Condition);
        var other = new ChunkId(2);
        await bench.WriteChunkAsync(other, 1_000);
        Assert.Equal(ErrorCode.ChecksumMismatch, await VolumeBench.FailAsync(() =>
            bench.Volume.SealAsync(other, VolumeBench.Generation, 1_000, 1, CancellationToken.None)));
        await bench.CloseAndOpenAsync();
        Assert.Equal(ReplicaCondition.Damaged, bench.Find(other)!.Condition);
        Assert.Equal(ErrorCode.ChecksumMismatch, await VolumeBench.FailAsync(() => bench.RequireContentAsync(other, 1_000)));
    }

    [Fact]
    public async Task Orders_of_an_older_generation_are_refused()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 1_000);
        var older = new Generation(6);
        Assert.Equal(ErrorCode.StaleOrder, await VolumeBench.FailAsync(() =>
            bench.Volume.SealAsync(Chunk, older, 1_000, VolumeBench.Digest(Chunk, 1_000), CancellationToken.None)));
        Assert.Equal(ErrorCode.StaleOrder, await VolumeBench.FailAsync(() =>
            bench.Volume.RemoveAsync(Chunk, older, CancellationToken.None)));
        Assert.Equal(ErrorCode.StaleOrder, await VolumeBench.FailAsync(() =>
            bench.Volume.ImportAsync(Chunk, older, 1_000, 0, CancellationToken.None)));
        await bench.RequireContentAsync(Chunk, 1_000);
    }

    [Fact]
    public async Task Wrong_offsets_sizes_and_checksums_are_refused_and_end_the_writer()
    {
        var bench = await VolumeBench.CreateAsync();
        var writer = await bench.WriteChunkAsync(Chunk, 1_000);
        Assert.Equal(ErrorCode.InvalidArgument, await VolumeBench.FailAsync(() => VolumeBench.AppendAsync(writer, 999, 1)));
        Assert.Equal(ErrorCode.ChunkSealed, await VolumeBench.FailAsync(() => VolumeBench.AppendAsync(writer, 1_000, 1)));
        var other = await bench.CreateChunkAsync(new ChunkId(2));
        using var payload = BulkBuffer.CopyOf([1, 2, 3]);
        Assert.Equal(ErrorCode.ChecksumMismatch, await VolumeBench.FailAsync(() =>
            other.AppendAsync(0, payload, [0xdeadbeef], CancellationToken.None)));
        var third = await bench.CreateChunkAsync(new ChunkId(3));
        Assert.Equal(ErrorCode.InvalidArgument, await VolumeBench.FailAsync(() =>
            third.AppendAsync(0, payload, [], CancellationToken.None)));
        var fourth = await bench.Volume.CreateAsync(new ChunkId(4), VolumeBench.Generation, 2, default, CancellationToken.None);
        Assert.Equal(ErrorCode.InvalidArgument, await VolumeBench.FailAsync(() => VolumeBench.AppendAsync(fourth, 0, 3)));
    }

    [Fact]
    public async Task Ranges_that_are_none_are_refused()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 100_000);
        (int Offset, int Length, int Known)[] ranges =
            [(1, 65_535, 100_000), (0, 5, 100_000), (0, 0, 100_000), (-65_536, 65_536, 100_000), (65_536, 65_536, 100_000)];
        foreach (var (offset, length, known) in ranges)
        {
            Assert.Equal(ErrorCode.InvalidArgument, await VolumeBench.FailAsync(async () =>
                await bench.Volume.ReadAsync(Chunk, offset, length, known, CancellationToken.None)));
        }

        Assert.Equal(ErrorCode.ChunkNotFound, await VolumeBench.FailAsync(async () =>
            await bench.Volume.ReadAsync(Chunk, 0, 65_536, 100_001, CancellationToken.None)));
        Assert.Equal(ErrorCode.ChunkNotFound, await VolumeBench.FailAsync(async () =>
            await bench.Volume.ReadAsync(new ChunkId(9), 0, 65_536, 100_000, CancellationToken.None)));
    }

    [Fact]
    public async Task A_removed_chunk_is_gone_and_stays_gone()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 100_000);
        await bench.Volume.RemoveAsync(Chunk, VolumeBench.Generation, CancellationToken.None);
        await bench.Volume.RemoveAsync(Chunk, VolumeBench.Generation, CancellationToken.None);
        Assert.Null(bench.Find(Chunk));
        await bench.CrashAndOpenAsync();
        Assert.Null(bench.Find(Chunk));
        Assert.DoesNotContain(bench.PathOf(Chunk), bench.Disk.Paths);
    }

    [Fact]
    public async Task A_restarted_volume_serves_open_chunks_and_takes_no_appends_to_them()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 100, 70_000, 100);
        await bench.CloseAndOpenAsync();
        Assert.False(bench.Find(Chunk)!.Appendable);
        await bench.RequireContentAsync(Chunk, 70_200);
        Assert.Equal(ErrorCode.AlreadyExists, await VolumeBench.FailAsync(() => bench.CreateChunkAsync(Chunk)));
        await bench.SealAsync(Chunk, 70_100);
        await bench.RequireContentAsync(Chunk, 70_100);
    }

    [Fact]
    public async Task The_report_is_paged_in_order_and_changes_are_told_once()
    {
        var bench = await VolumeBench.CreateAsync();
        foreach (ulong id in new ulong[] { 300, 5, 1_000_000, 77 })
        {
            await bench.WriteChunkAsync(new ChunkId(id), 10);
        }

        Assert.Equal([5ul, 77ul], bench.Volume.Report(new ChunkId(0), 2).Select(report => report.ChunkId));
        Assert.Equal([300ul, 1_000_000ul], bench.Volume.Report(new ChunkId(77), 10).Select(report => report.ChunkId));
        bench.Volume.TakeChanges(100);
        await bench.SealAsync(new ChunkId(77), 10);
        await bench.SealAsync(new ChunkId(77), 10);
        Assert.Equal([77ul], bench.Volume.TakeChanges(100).Select(report => report.ChunkId));
        Assert.Empty(bench.Volume.TakeChanges(100));
    }

    [Fact]
    public async Task An_import_shows_only_when_complete_and_right()
    {
        var bench = await VolumeBench.CreateAsync();
        await using (var wrong = await bench.Volume.ImportAsync(Chunk, VolumeBench.Generation, 100_000, 1, CancellationToken.None))
        {
            await wrong.WriteAsync(VolumeBench.Content(Chunk, 0, 100_000).ToArray(), CancellationToken.None);
            Assert.Equal(ErrorCode.ChecksumMismatch, await VolumeBench.FailAsync(() => wrong.CompleteAsync(CancellationToken.None)));
        }

        Assert.Null(bench.Find(Chunk));
        Assert.DoesNotContain(bench.Disk.Paths, path => path.EndsWith(".import", StringComparison.Ordinal));
        await using (var import = await bench.Volume.ImportAsync(
            Chunk, VolumeBench.Generation, 100_000, VolumeBench.Digest(Chunk, 100_000), CancellationToken.None))
        {
            await import.WriteAsync(VolumeBench.Content(Chunk, 0, 30_000).ToArray(), CancellationToken.None);
            await import.WriteAsync(VolumeBench.Content(Chunk, 30_000, 70_000).ToArray(), CancellationToken.None);
            Assert.Null(bench.Find(Chunk));
            await import.CompleteAsync(CancellationToken.None);
        }

        await bench.CrashAndOpenAsync();
        await bench.RequireContentAsync(Chunk, 100_000);
        Assert.True(await bench.Volume.VerifyAsync(Chunk, CancellationToken.None));
    }
}
