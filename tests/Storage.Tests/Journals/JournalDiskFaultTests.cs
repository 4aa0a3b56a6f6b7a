using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.Storage.Tests.Journals;

/// <summary>Flushes that fail, disks that are full.</summary>
public sealed class JournalDiskFaultTests
{
    [Fact]
    public async Task A_failed_flush_fails_the_journal_for_good_though_the_next_would_succeed()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        var kept = await JournalBench.AppendAsync(journal, 10);
        bench.Disk.FailFlushAt(1);
        long before = bench.Disk.OperationCount;
        var first = journal.AppendAsync(new byte[20]).AsTask();
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(() => first));
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[30])));
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(() => journal.RotateAsync()));
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(() => journal.TrimAsync(0)));
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await journal.DisposeAsync();
        Assert.Equal(before + 2, bench.Disk.OperationCount);
        Assert.NotNull(journal.Failure);
        await bench.CrashAndOpenAsync();
        Assert.Equal(kept[0], bench.Replayed[0]);
    }

    [Fact]
    public async Task A_flush_that_fails_for_want_of_space_fails_the_journal_too()
    {
        var bench = JournalBench.Create(1);
        var journal = await Journal.OpenAsync(
            new FlushFullDisk(bench.Disk), JournalBench.Directory, JournalBench.Options, bench.Time, _ => default, CancellationToken.None);
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[20])));
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[20])));
    }

    [Fact]
    public async Task Every_failing_flush_of_an_opening_fails_the_opening()
    {
        for (int flush = 1; flush <= 3; flush++)
        {
            var bench = JournalBench.Create(1);
            bench.Disk.FailFlushAt(flush);
            Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(() => bench.OpenAsync()));
        }
    }

    [Fact]
    public async Task A_failed_write_fails_the_journal_for_good()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        bench.Disk.FailWriteAt(1, DiskFailure.Failed);
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[20])));
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[20])));
    }

    [Fact]
    public async Task A_full_disk_refuses_records_and_takes_them_again_when_there_is_space()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var bench = JournalBench.Create(seed);
            var journal = await bench.OpenAsync();
            var written = await JournalBench.AppendAsync(journal, 10, 5000);
            bench.Disk.FailWriteAt(1, DiskFailure.Full);
            Assert.Equal(DiskFailure.Full, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[9000])));
            bench.Disk.WritesFail = DiskFailure.Full;
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(DiskFailure.Full, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[9000])));
            }

            if (seed % 2 == 0)
            {
                // Full also while it is opened: what is stored can be read.
                bench.Disk.Kill();
                bench.Disk.Restart();
                Assert.Equal(DiskFailure.Full, await JournalBench.FailureOfAsync(() => bench.OpenAsync()));
                journal = await bench.OpenAsync(JournalBench.Options with { UnprovenMayWait = true });
                Assert.Equal(written, bench.Replayed);
                Assert.Equal(DiskFailure.Full, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[9])));
            }

            bench.Disk.WritesFail = null;
            foreach (var (position, payload) in await JournalBench.AppendAsync(journal, 700, 1))
            {
                written.Add(position, payload);
            }

            await bench.CrashAndOpenAsync();
            Assert.Equal(written, bench.Replayed);
        }
    }

    [Fact]
    public async Task What_a_full_disk_replayed_after_a_failed_flush_and_a_kill_survives_a_power_cut()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var bench = JournalBench.Create(seed);
            var journal = await bench.OpenAsync();
            await JournalBench.AppendAsync(journal, 100, 9000);
            bench.Disk.FailFlushAt(1);
            Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[5000])));
            bench.Disk.Kill();
            bench.Disk.Restart();
            bench.Disk.CapacityBytes = 1;
            journal = await bench.OpenAsync();
            Assert.Equal(3, bench.Replayed.Count);
            Assert.Equal(DiskFailure.Full, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[9])));
            await bench.CrashAndOpenAsync();
            Assert.Equal(3, bench.Replayed.Count);
            bench.Disk.CapacityBytes = null;
            await bench.CrashAndOpenAsync();
            Assert.Equal(3, bench.Replayed.Count);
        }
    }

    [Fact]
    public async Task Records_queued_behind_one_that_found_the_disk_full_fail_with_it()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        bench.Disk.StallFor(TimeSpan.FromSeconds(1));
        bench.Disk.FailWriteAt(1, DiskFailure.Full);
        var calls = Enumerable.Range(0, 20).Select(_ => journal.AppendAsync(new byte[3000]).AsTask()).ToArray();
        await JournalTests.AdvanceUntilAsync(bench.Time, Task.WhenAny(Task.WhenAll(calls)));
        Assert.All(calls, call => Assert.Equal(DiskFailure.Full, Assert.IsType<DiskException>(call.Exception?.InnerException).Failure));
        Assert.Equal(20, await journal.AppendAsync(new byte[1]));
    }

    [Fact]
    public async Task A_journal_is_closed_in_bounded_time_though_its_disk_hangs()
    {
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        bench.Disk.StallFor(TimeSpan.FromHours(1));
        var append = journal.AppendAsync(new byte[10]).AsTask();
        var rotation = journal.RotateAsync();
        var closing = journal.DisposeAsync().AsTask();
        for (int second = 0; second < 20 && !closing.IsCompleted; second++)
        {
            bench.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        Assert.True(closing.IsCompletedSuccessfully);
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(() => rotation));

        // What was on its way is not acknowledged any more, though it arrives.
        bench.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(() => append));
    }

    [Fact]
    public async Task A_trim_behind_a_rotation_behind_a_refused_record_is_remembered()
    {
        // The refused record leaves a gap in the positions, which the empty batch of the trim once fell into.
        var bench = JournalBench.Create(1);
        var journal = await bench.OpenAsync();
        await JournalBench.AppendAsync(journal, 10);
        bench.Disk.FailWriteAt(1, DiskFailure.Full);
        Assert.Equal(DiskFailure.Full, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[9])));
        await journal.TrimAsync(await journal.RotateAsync());
        await bench.CrashAndOpenAsync();
        Assert.Empty(bench.Replayed);
    }

    [Fact]
    public async Task A_disk_too_small_for_a_segment_still_takes_small_records()
    {
        var bench = JournalBench.Create(1);
        bench.Disk.CapacityBytes = 20_000;
        var journal = await bench.OpenAsync();
        var written = await JournalBench.AppendAsync(journal, 100, 100);
        Assert.Equal(DiskFailure.Full, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[50_000])));
        bench.Disk.CapacityBytes = 200_000;
        await bench.CrashAndOpenAsync();
        Assert.Equal(written, bench.Replayed);
    }

    /// <summary>A disk whose files report ENOSPC from a flush once they have their name.</summary>
    private sealed class FlushFullDisk(IDisk disk) : IDisk
    {
        public string Location => disk.Location;

        public bool Renamed { get; private set; }

        public async ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening) =>
            new FlushFullFile(this, await disk.OpenAsync(path, opening));

        public ValueTask<bool> ExistsAsync(string path) => disk.ExistsAsync(path);

        public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => disk.ListAsync(directory);

        public ValueTask CreateDirectoryAsync(string directory) => disk.CreateDirectoryAsync(directory);

        public ValueTask RenameAsync(string source, string target)
        {
            Renamed = true;
            return disk.RenameAsync(source, target);
        }

        public ValueTask DeleteAsync(string path) => disk.DeleteAsync(path);

        public ValueTask FlushDirectoryAsync(string directory) => disk.FlushDirectoryAsync(directory);

        public ValueTask<DiskSpace> GetSpaceAsync() => disk.GetSpaceAsync();

        public ValueTask<IAsyncDisposable> LockAsync(string path) => disk.LockAsync(path);
    }

    private sealed class FlushFullFile(FlushFullDisk disk, IDiskFile file) : IDiskFile
    {
        public ValueTask<long> GetLengthAsync() => file.GetLengthAsync();

        public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer) => file.ReadAsync(offset, buffer);

        public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data) => file.WriteAsync(offset, data);

        public ValueTask FlushAsync() => disk.Renamed
            ? ValueTask.FromException(new DiskException(DiskFailure.Full, "fdatasync", "", 28, "no space"))
            : file.FlushAsync();

        public ValueTask AllocateAsync(long length) => file.AllocateAsync(length);

        public ValueTask SetLengthAsync(long length) => file.SetLengthAsync(length);

        public ValueTask DisposeAsync() => file.DisposeAsync();
    }
}
