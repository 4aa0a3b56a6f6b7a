using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.Storage.Tests.Journals;

/// <summary>What callers of a journal may rely on while nothing, or only the disk's space, goes wrong.</summary>
public sealed class JournalTests
{
    private const int PageBytes = 4096;

    [Fact]
    public async Task Records_come_back_in_the_order_of_their_calls()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        var calls = Enumerable.Range(0, 500).Select(i => journal.AppendAsync(JournalBench.Payload(i, i)).AsTask()).ToArray();
        Assert.Equal(500, journal.EndPosition);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), await Task.WhenAll(calls));
        await journal.DisposeAsync();
        journal = await bench.OpenAsync();
        Assert.Equal(Enumerable.Range(0, 500).Select(i => JournalBench.Payload(i, i)), bench.Replayed.Values);
        var found = journal.Recovery;
        Assert.Equal((500, 0L, 500L, 0L), (found.Records, found.FirstPosition, found.EndPosition, found.BytesCut));
    }

    [Fact]
    public async Task Records_that_gather_behind_a_flush_share_the_next_one()
    {
        var bench = JournalBench.Create(1);

        // Time goes by while the records' callers are told: the batch that proves a quiet log is none of theirs.
        var journal = await bench.OpenAsync(JournalBench.Options with { QuietFlush = TimeSpan.FromDays(30) });
        bench.Disk.StallFor(TimeSpan.FromSeconds(1));
        var calls = Enumerable.Range(0, 100).Select(i => journal.AppendAsync(JournalBench.Payload(i, 50)).AsTask()).ToArray();
        long before = bench.Disk.OperationCount;
        await AdvanceUntilAsync(bench.Time, Task.WhenAll(calls));
        Assert.InRange(bench.Disk.OperationCount - before, 2, 4);
    }

    [Fact]
    public async Task A_record_larger_than_a_batch_and_than_a_segment_goes_through()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        var written = await JournalBench.AppendAsync(journal, 10, 200_000, 10, 65_536, 0, 131_072);
        await bench.CrashAndOpenAsync();
        Assert.Equal(written, bench.Replayed);
    }

    [Fact]
    public async Task A_record_beyond_the_limit_is_refused_at_once()
    {
        var bench = JournalBench.Create(1);
        await using var journal = await bench.OpenAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = journal.AppendAsync(new byte[JournalFormat.RecordBytesMax], new byte[1]); });
    }

    [Fact]
    public async Task A_full_queue_refuses_and_recovers()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync(JournalBench.Options with { QueueBytesMax = 10_000 });
        bench.Disk.StallFor(TimeSpan.FromSeconds(1));
        byte[] payload = new byte[4000];
        var calls = Enumerable.Range(0, 10).Select(_ => journal.AppendAsync(payload).AsTask()).ToArray();
        Assert.Equal(DiskFailure.Refused, await JournalBench.FailureOfAsync(() => calls[9]));
        await AdvanceUntilAsync(bench.Time, calls[0]);
        await Task.WhenAny(Task.WhenAll(calls));
        await journal.AppendAsync(payload);
        int done = calls.Count(call => call.IsCompletedSuccessfully);
        await journal.DisposeAsync();
        await bench.OpenAsync();
        Assert.Equal(done + 1, bench.Replayed.Count);
    }

    [Fact]
    public async Task Trimming_removes_only_segments_wholly_below()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 1, 1, 1);
        Assert.Equal(3, await journal.RotateAsync());
        await JournalBench.AppendAsync(journal, 1, 1);
        Assert.Equal(5, await journal.RotateAsync());
        await journal.TrimAsync(4);
        Assert.Equal(["journal/0000000000000002.segment", "journal/0000000000000003.segment"], bench.Disk.Paths);
        await journal.TrimAsync(long.MaxValue);
        Assert.Equal(["journal/0000000000000003.segment"], bench.Disk.Paths);
        await journal.DisposeAsync();
        journal = await bench.OpenAsync();
        Assert.Empty(bench.Replayed);
        Assert.Equal(5, journal.EndPosition);
    }

    [Fact]
    public async Task Rotating_twice_with_nothing_between_makes_one_segment()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 1);
        await journal.RotateAsync();
        await journal.RotateAsync();
        Assert.Equal(2, bench.Disk.Paths.Count);
    }

    [Fact]
    public async Task Foreign_files_are_reported_and_left_alone()
    {
        var bench = JournalBench.Create(1);
        await bench.Disk.CreateDirectoryAsync(JournalBench.Directory);
        string[] names = ["0000000000000000.segment", "000000000000000G.segment", "notes.txt"];
        foreach (string name in names)
        {
            await bench.Disk.OpenAsync($"journal/{name}", FileOpening.CreateNew);
        }

        var journal = await bench.OpenAsync();
        Assert.Equal(names, journal.Recovery.ForeignFiles);
        Assert.Equal(4, bench.Disk.Paths.Count);
    }

    [Fact]
    public async Task An_append_after_the_end_is_refused()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await journal.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await journal.AppendAsync(new byte[1]));
    }

    [Fact]
    public async Task A_closed_journal_leaves_no_unproven_batch()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 1);
        string segment = bench.LastSegment();
        await journal.DisposeAsync();
        Assert.Equal(3 * PageBytes, bench.Disk.Snapshot(segment).Length);
        bench.Disk.FlipBit(segment, (PageBytes + 73) * 8L);
        await Assert.ThrowsAsync<JournalDamagedException>(() => bench.OpenAsync());
    }

    /// <summary>Moves the clock until the task ends, however its timers are chained.</summary>
    internal static async Task AdvanceUntilAsync(ManualTime time, Task task)
    {
        while (!task.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await task;
    }
}
