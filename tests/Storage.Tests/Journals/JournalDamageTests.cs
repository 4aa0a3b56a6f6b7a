using DfsNet.Storage.Journals;

namespace DfsNet.Storage.Tests.Journals;

/// <summary>Invariant 7: an incomplete tail is cut, damage before it is never.</summary>
public sealed class JournalDamageTests
{
    private const int PageBytes = 4096;

    [Fact]
    public async Task Any_flipped_bit_in_a_batch_that_a_later_one_calls_flushed_is_damage()
    {
        // Three batches in the segment, at pages 1 (two pages long), 3 and 4.
        for (int place = 0; place < 72 + 4 + 6000; place += place < 100 ? 1 : 97)
        {
            var bench = JournalBench.Create(1);
            var journal = await bench.OpenAsync();
            await JournalBench.AppendAsync(journal, 6000, 50, 60);
            bench.Disk.Crash();
            bench.Disk.FlipBit(bench.LastSegment(), ((PageBytes + place) * 8L) + (place % 8));
            bench.Disk.Restart();
            var error = await Assert.ThrowsAsync<JournalDamagedException>(() => bench.OpenAsync());
            Assert.Equal(PageBytes, error.Offset);
        }
    }

    [Fact]
    public async Task Any_flipped_bit_in_the_last_batch_of_a_killed_journal_is_taken_for_an_incomplete_tail()
    {
        for (int place = 0; place < 72 + 4 + 500; place += place < 80 ? 1 : 31)
        {
            var bench = JournalBench.Create(1);
            var journal = await bench.OpenAsync();
            var kept = await JournalBench.AppendAsync(journal, 50, 60);
            await JournalBench.AppendAsync(journal, 500);
            bench.Disk.Crash();
            bench.Disk.FlipBit(bench.LastSegment(), (((3 * PageBytes) + place) * 8L) + (place % 8));
            bench.Disk.Restart();
            journal = await bench.OpenAsync();
            Assert.Equal(kept, bench.Replayed);
            Assert.Equal(PageBytes, journal.Recovery.BytesCut);
        }
    }

    [Fact]
    public async Task After_a_quiet_time_damage_to_the_last_record_is_damage()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 50, 60);
        long flushes = bench.Disk.OperationCount;
        bench.Time.Advance(TimeSpan.FromMilliseconds(50));
        await journal.TrimAsync(0);
        Assert.Equal(flushes + 2, bench.Disk.OperationCount);
        bench.Disk.Crash();
        bench.Disk.FlipBit(bench.LastSegment(), ((2 * PageBytes) + 80) * 8L);
        bench.Disk.Restart();
        await Assert.ThrowsAsync<JournalDamagedException>(() => bench.OpenAsync());
    }

    [Fact]
    public async Task A_quiet_journal_writes_one_empty_batch_and_no_more()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 50);
        bench.Time.Advance(TimeSpan.FromMilliseconds(50));
        await journal.TrimAsync(0);
        long operations = bench.Disk.OperationCount;
        for (int i = 0; i < 10; i++)
        {
            bench.Time.Advance(TimeSpan.FromMilliseconds(50));
            await journal.TrimAsync(0);
        }

        Assert.Equal(operations, bench.Disk.OperationCount);
    }

    [Fact]
    public async Task A_later_header_proves_damage_even_when_its_own_body_is_torn()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 50, 5000);
        bench.Disk.Crash();
        bench.Disk.FlipBit(bench.LastSegment(), (PageBytes + 90) * 8L);
        bench.Disk.FlipBit(bench.LastSegment(), ((2 * PageBytes) + 4500) * 8L);
        bench.Disk.Restart();
        await Assert.ThrowsAsync<JournalDamagedException>(() => bench.OpenAsync());
    }

    [Fact]
    public async Task Damage_in_any_part_of_an_older_segment_is_damage()
    {
        for (int place = 0; place < 84; place++)
        {
            await RequireDamageAsync(place);
        }

        for (int place = PageBytes; place < PageBytes + 72 + 4 + 500; place += 7)
        {
            await RequireDamageAsync(place);
        }

        static async Task RequireDamageAsync(int place)
        {
            // Bytes 12 to 15 are reserved, and covered all the same.
            var bench = JournalBench.Create(2);
            var journal = await bench.OpenAsync();
            await JournalBench.AppendAsync(journal, 500);
            string older = bench.LastSegment();
            await journal.RotateAsync();
            bench.Disk.Crash();
            bench.Disk.FlipBit(older, (place * 8L) + (place % 8));
            bench.Disk.Restart();
            var error = await Assert.ThrowsAnyAsync<Exception>(() => bench.OpenAsync());
            Assert.True(error is JournalDamagedException or JournalOwnerException, error.ToString());
        }
    }

    [Fact]
    public async Task A_missing_segment_is_damage()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 500);
        await journal.RotateAsync();
        await JournalBench.AppendAsync(journal, 500);
        await journal.RotateAsync();
        await journal.DisposeAsync();
        await bench.Disk.DeleteAsync("journal/0000000000000002.segment");
        await Assert.ThrowsAsync<JournalDamagedException>(() => bench.OpenAsync());
    }

    [Fact]
    public async Task A_missing_first_segment_is_damage_unless_it_was_trimmed()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 500);
        long position = await journal.RotateAsync();
        await JournalBench.AppendAsync(journal, 600);
        await journal.TrimAsync(position);
        await journal.DisposeAsync();
        Assert.DoesNotContain("journal/0000000000000001.segment", bench.Disk.Paths);
        await using (await bench.OpenAsync())
        {
            Assert.Equal([1L], bench.Replayed.Keys);
        }

        await bench.Disk.DeleteAsync("journal/0000000000000002.segment");
        await Assert.ThrowsAsync<JournalDamagedException>(() => bench.OpenAsync());
    }

    [Fact]
    public async Task An_empty_directory_is_damage_where_a_journal_must_exist()
    {
        var options = JournalBench.Options with { MustExist = true };
        var bench = JournalBench.Create(1);
        await Assert.ThrowsAsync<JournalDamagedException>(() => bench.OpenAsync(options));
        await bench.Disk.CreateDirectoryAsync(JournalBench.Directory);
        await Assert.ThrowsAsync<JournalDamagedException>(() => bench.OpenAsync(options));
    }

    [Fact]
    public async Task A_journal_of_another_owner_is_refused()
    {
        var bench = JournalBench.Create(1);
        await using (await bench.OpenAsync())
        {
        }

        var error = await Assert.ThrowsAsync<JournalOwnerException>(() => bench.OpenAsync(JournalBench.Options with { OwnerId = 7 }));
        Assert.Equal(JournalBench.Options.OwnerId, error.Found);
    }

    [Fact]
    public async Task Batches_beyond_a_cut_never_come_back()
    {
        // The torn batch of each life is made whole again behind the journal's back: the next segment's header has cut it off for good.
        var bench = JournalBench.Create(3);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 50);
        await journal.AppendAsync(JournalBench.Payload(1, 700));
        string segment = bench.LastSegment();
        bench.Disk.Crash();
        byte[] whole = bench.Disk.Snapshot(segment);
        bench.Disk.FlipBit(segment, ((2 * PageBytes) + 200) * 8L);
        bench.Disk.Restart();
        journal = await bench.OpenAsync();
        var second = await JournalBench.AppendAsync(journal, 80);
        bench.Disk.Crash();
        bench.Disk.Overwrite(segment, 0, whole);
        bench.Disk.Restart();
        await bench.OpenAsync();
        Assert.Equal([0L, 1L], bench.Replayed.Keys);
        Assert.Equal(second[1], bench.Replayed[1]);
    }

    [Fact]
    public async Task A_copy_of_the_journal_inside_a_torn_record_is_no_proof_of_damage()
    {
        var bench = JournalBench.Create(4);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 50, 60, 70);
        string segment = bench.LastSegment();
        byte[] copy = bench.Disk.Snapshot(segment);
        byte[] payload = new byte[PageBytes - 76 + copy.Length];
        copy.CopyTo(payload.AsSpan(PageBytes - 76));
        await journal.AppendAsync(payload);
        bench.Disk.Crash();
        bench.Disk.FlipBit(segment, ((4 * PageBytes) + 100) * 8L);
        bench.Disk.Restart();
        await bench.OpenAsync();
        Assert.Equal(3, bench.Replayed.Count);
    }
}
