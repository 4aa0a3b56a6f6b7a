using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.ChunkServer.Tests.Chunks;

/// <summary>Failing flushes, full disks, rot and foreign files.</summary>
public sealed class VolumeFaultTests
{
    private static readonly ChunkId Chunk = new(0x1234);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_failed_flush_withholds_the_acknowledgement_and_ends_all_writing(int flush)
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 1_000);
        var writer = await bench.WriteChunkAsync(new ChunkId(2), 1_000);
        bench.Disk.FailFlushAt(flush);
        Assert.Equal(ErrorCode.VolumeFailed, await VolumeBench.FailAsync(() => VolumeBench.AppendAsync(writer, 1_000, 100_000)));
        Assert.Equal((1_000, VolumeBench.Digest(new ChunkId(2), 1_000)), writer.Appended);
        Assert.Equal(VolumeState.Failed, bench.Volume.State);

        // The next flush would succeed; nobody asks for it.
        long operations = bench.Disk.OperationCount;
        Assert.Equal(ErrorCode.VolumeFailed, await VolumeBench.FailAsync(() => bench.SealAsync(Chunk, 1_000)));
        Assert.Equal(ErrorCode.VolumeFailed, await VolumeBench.FailAsync(() => bench.CreateChunkAsync(new ChunkId(3))));
        Assert.Equal(ErrorCode.VolumeFailed, await VolumeBench.FailAsync(() =>
            bench.Volume.RemoveAsync(Chunk, VolumeBench.Generation, CancellationToken.None)));
        Assert.Equal(ErrorCode.VolumeFailed, await VolumeBench.FailAsync(() =>
            bench.Volume.ImportAsync(new ChunkId(4), VolumeBench.Generation, 10, 0, CancellationToken.None)));
        Assert.Equal(operations, bench.Disk.OperationCount);
        await bench.RequireContentAsync(Chunk, 1_000);
        await bench.CrashAndOpenAsync();
        await bench.RequireContentAsync(new ChunkId(2), 1_000);
    }

    [Fact]
    public async Task A_full_disk_refuses_bytes_lets_chunks_go_and_recovers()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 500_000);
        await bench.SealAsync(Chunk, 500_000);
        var writer = await bench.WriteChunkAsync(new ChunkId(2), 1_000);
        bench.Disk.CapacityBytes = bench.Disk.Paths.Sum(path => (long)bench.Disk.Snapshot(path).Length) + 100_000;
        Assert.Equal(ErrorCode.OutOfSpace, await VolumeBench.FailAsync(async () =>
        {
            await VolumeBench.AppendAsync(writer, 1_000, 1_000_000);
        }));
        Assert.Equal(VolumeState.Full, bench.Volume.State);
        Assert.Equal(ErrorCode.OutOfSpace, await VolumeBench.FailAsync(() => bench.CreateChunkAsync(new ChunkId(3))));
        await bench.SealAsync(new ChunkId(2), 1_000);
        await bench.Volume.RemoveAsync(Chunk, VolumeBench.Generation, CancellationToken.None);
        bench.Disk.CapacityBytes = 100_000_000;
        bench.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(VolumeState.Healthy, (await bench.Volume.MeasureAsync(CancellationToken.None)).State);
        await bench.WriteChunkAsync(new ChunkId(3), 500_000);
        await bench.CrashAndOpenAsync();
        await bench.RequireContentAsync(new ChunkId(2), 1_000);
        await bench.RequireContentAsync(new ChunkId(3), 500_000);
    }

    [Fact]
    public async Task No_chunk_is_created_below_the_reserve_which_counts_what_open_chunks_may_grow()
    {
        var bench = await VolumeBench.CreateAsync();
        bench.Disk.CapacityBytes = (3 * VolumeBench.Capacity) + 4_000_000;
        await bench.CreateChunkAsync(new ChunkId(1));
        await bench.CreateChunkAsync(new ChunkId(2));
        var third = await bench.CreateChunkAsync(new ChunkId(3));
        Assert.Equal(ErrorCode.OutOfSpace, await VolumeBench.FailAsync(() => bench.CreateChunkAsync(new ChunkId(4))));
        Assert.Equal(VolumeState.Full, bench.Volume.State);
        third.Close();
        Assert.Equal(VolumeState.Healthy, (await bench.Volume.MeasureAsync(CancellationToken.None)).State);
        await bench.CreateChunkAsync(new ChunkId(4));
    }

    /// <summary>The power cut took bytes from the files that the journal has, and meanwhile somebody else filled the disk.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_full_volume_opens_after_a_power_cut_and_serves_what_it_acknowledged(bool nothingCanBeWritten)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var bench = await VolumeBench.CreateAsync(seed);
            await bench.WriteChunkAsync(Chunk, 1_000, 60_000, 30_000, 5_000);
            await bench.WriteChunkAsync(new ChunkId(2), 1_000, 200_000, 7_000);
            await bench.WriteChunkAsync(new ChunkId(3), 1_000);
            bench.Disk.CapacityBytes = nothingCanBeWritten ? null : 1;
            bench.Disk.WritesFail = nothingCanBeWritten ? DiskFailure.Full : null;
            for (int life = 0; life < 2; life++)
            {
                await bench.CrashAndOpenAsync();
                await bench.RequireContentAsync(Chunk, 96_000);
                await bench.RequireContentAsync(new ChunkId(2), 208_000);
                Assert.Equal(VolumeState.Full, (await bench.Volume.MeasureAsync(CancellationToken.None)).State);
            }

            Assert.Equal(ErrorCode.OutOfSpace, await VolumeBench.FailAsync(() => bench.CreateChunkAsync(new ChunkId(4))));
            bench.Disk.CapacityBytes = null;
            bench.Disk.WritesFail = null;
            await bench.SealAsync(Chunk, 91_000);
            if (seed % 2 == 0)
            {
                await bench.CloseAndOpenAsync();
            }

            await bench.CrashAndOpenAsync();
            await bench.RequireContentAsync(Chunk, 91_000);
            await bench.RequireContentAsync(new ChunkId(2), 208_000);
            await bench.SealAsync(new ChunkId(2), 201_000);
            await bench.RequireContentAsync(new ChunkId(2), 201_000);
            await bench.RequireContentAsync(new ChunkId(3), 1_000);
        }
    }

    [Theory]
    [InlineData(8_192)]
    [InlineData(8_192 + 65_536)]
    [InlineData(8_192 + 99_999)]
    public async Task A_flipped_bit_in_data_is_never_served_and_is_reported(long position)
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 100_000);
        await bench.SealAsync(Chunk, 100_000);
        await bench.CloseAndOpenAsync();
        bench.Disk.FlipBit(bench.PathOf(Chunk), position * 8);
        Assert.Equal(ErrorCode.ChecksumMismatch, await VolumeBench.FailAsync(() => bench.RequireContentAsync(Chunk, 100_000)));
        Assert.Equal([ReplicaCondition.Damaged], bench.Volume.TakeChanges(10).Select(report => report.Condition));
        await bench.CloseAndOpenAsync();
        Assert.Equal(ReplicaCondition.Damaged, bench.Find(Chunk)!.Condition);
        await bench.Volume.RemoveAsync(Chunk, VolumeBench.Generation, CancellationToken.None);
        await bench.CloseAndOpenAsync();
        Assert.Null(bench.Find(Chunk));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(24)]
    [InlineData(40)]
    [InlineData(64)]
    public async Task A_flipped_bit_in_a_header_is_reported_with_the_generation_and_the_file_is_kept(long position)
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 100_000);
        await bench.SealAsync(Chunk, 100_000);
        await bench.CloseAllAsync();
        bench.Disk.FlipBit(bench.PathOf(Chunk), position * 8);
        await bench.OpenAsync();
        Assert.Equal(ErrorCode.ChecksumMismatch, await VolumeBench.FailAsync(() => bench.RequireContentAsync(Chunk, 100_000)));
        Assert.Equal(ReplicaCondition.Damaged, bench.Find(Chunk)!.Condition);
        Assert.Equal(VolumeBench.Generation.Value, bench.Find(Chunk)!.Generation);
        Assert.Contains(bench.PathOf(Chunk), bench.Disk.Paths);
    }

    [Fact]
    public async Task A_flipped_bit_in_the_journal_stops_the_volume_loudly()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 1_000, 1_000, 1_000, 1_000);
        bench.Disk.Kill();
        await bench.CloseAllAsync();
        bench.Disk.Restart();
        byte[] sent = VolumeBench.Content(Chunk, 1_000, 16).ToArray();
        string segment = bench.Disk.Paths.First(path =>
            path.StartsWith(ChunkPath.JournalDirectory, StringComparison.Ordinal) && bench.Disk.Snapshot(path).AsSpan().IndexOf(sent) >= 0);
        bench.Disk.FlipBit(segment, bench.Disk.Snapshot(segment).AsSpan().IndexOf(sent) * 8L);
        Assert.Equal(ErrorCode.Corrupt, await VolumeBench.FailAsync(() => bench.OpenAsync()));
    }

    [Fact]
    public async Task A_misplaced_block_never_verifies()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 200_000);
        await bench.SealAsync(Chunk, 200_000);
        await bench.WriteChunkAsync(new ChunkId(0x5634), 200_000);
        await bench.SealAsync(new ChunkId(0x5634), 200_000);
        await bench.CloseAllAsync();

        // Another chunk's whole file, in place of this one's; and this one's table entries with their blocks, exchanged.
        byte[] first = bench.Disk.Snapshot(bench.PathOf(Chunk));
        bench.Disk.Overwrite(bench.PathOf(new ChunkId(0x5634)), 0, first);
        await bench.OpenAsync();
        Assert.Equal(ReplicaCondition.Damaged, bench.Find(new ChunkId(0x5634))!.Condition);
        Assert.NotEqual(ChunkHeader.Salt(Chunk, 0), ChunkHeader.Salt(Chunk, 1));
        Assert.NotEqual(ChunkHeader.Salt(Chunk, 0), ChunkHeader.Salt(new ChunkId(0x1235), 0));
        bench.Disk.Overwrite(bench.PathOf(Chunk), 8_192, first.AsSpan(8_192 + 65_536, 65_536));
        Assert.False(await bench.Volume.VerifyAsync(Chunk, CancellationToken.None));
        await bench.RequireDamagedAsync(Chunk);
    }

    [Fact]
    public async Task A_truncated_or_missing_file_is_damage()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 100_000);
        await bench.SealAsync(Chunk, 100_000);
        await bench.WriteChunkAsync(new ChunkId(2), 100_000);
        await bench.SealAsync(new ChunkId(2), 100_000);
        var disk = bench.Disk.Attach();
        await using (var file = await disk.OpenAsync(bench.PathOf(Chunk), FileOpening.Existing))
        {
            await file.SetLengthAsync(50_000);
        }

        await disk.DeleteAsync(bench.PathOf(new ChunkId(2)));
        await bench.RequireDamagedAsync(Chunk);
        await bench.CloseAndOpenAsync();
        Assert.Equal(ReplicaCondition.Damaged, bench.Find(Chunk)!.Condition);
        Assert.Null(bench.Find(new ChunkId(2)));
    }

    [Fact]
    public async Task Foreign_files_are_left_alone()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.WriteChunkAsync(Chunk, 1_000);
        var disk = bench.Disk.Attach();
        string[] names =
            ["chunks/34/readme.txt", "chunks/34/0000000000001235.chunk", "chunks/34/00000000000012340.chunk", "chunks/core", "lost"];
        foreach (string name in names)
        {
            await using var file = await disk.OpenAsync(name, FileOpening.CreateNew);
            await file.WriteAsync(0, new byte[] { 1, 2, 3 });
        }

        await bench.CloseAndOpenAsync();
        Assert.Equal([Chunk.Value], bench.Volume.Report(new ChunkId(0), 10).Select(report => report.ChunkId));
        Assert.Subset(bench.Disk.Paths.ToHashSet(), names.ToHashSet());
        await bench.RequireContentAsync(Chunk, 1_000);
    }

    [Fact]
    public async Task Data_without_a_header_that_no_journal_knows_is_kept_and_reported_as_damaged()
    {
        var bench = await VolumeBench.CreateAsync();
        var disk = bench.Disk.Attach();
        await using (var file = await disk.OpenAsync(bench.PathOf(Chunk), FileOpening.CreateNew))
        {
            await file.WriteAsync(8_192, new byte[] { 1, 2, 3 });
        }

        await using (await disk.OpenAsync(bench.PathOf(new ChunkId(2)), FileOpening.CreateNew))
        {
        }

        await bench.CloseAndOpenAsync();
        Assert.Equal(ReplicaCondition.Damaged, bench.Find(Chunk)!.Condition);
        Assert.Null(bench.Find(new ChunkId(2)));
        Assert.DoesNotContain(bench.PathOf(new ChunkId(2)), bench.Disk.Paths);
    }

    [Fact]
    public async Task A_directory_that_was_never_set_up_is_refused()
    {
        var bench = await VolumeBench.CreateAsync();
        await bench.CloseAllAsync();
        var empty = new Devices.SimulatedDisk(new Random(1), bench.Time);
        var identity = new VolumeIdentity(new ClusterId(1), new ServerId(2), new VolumeId(3), Fresh: false);
        Assert.Equal(ErrorCode.Corrupt, await VolumeBench.FailAsync(() => Volume.OpenAsync(
            empty, identity, VolumeBench.Options, bench.Time, NullLogger.Instance, CancellationToken.None)));
    }

    /// <summary>D4: the pages that a failed flush left clean look written, and no later flush writes them.</summary>
    [Fact]
    public async Task Bytes_whose_flush_failed_do_not_damage_acknowledged_ones_after_a_restart_and_a_power_cut()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var bench = await VolumeBench.CreateAsync(seed);
            var chunk = new ChunkId(1);
            var writer = await bench.WriteChunkAsync(chunk, 100_000);
            bench.Disk.FailFlushAt(1 + (seed % 2));
            await VolumeBench.FailAsync(() => VolumeBench.AppendAsync(writer, 100_000, 70_000));
            bench.Disk.Kill();
            await bench.ReopenAsync();
            await bench.CrashAndOpenAsync();
            await bench.SealAsync(chunk, 100_000);
            await bench.RequireContentAsync(chunk, 100_000);
        }
    }
}
