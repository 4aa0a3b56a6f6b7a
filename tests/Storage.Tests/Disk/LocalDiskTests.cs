using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.Storage.Tests.Disk;

/// <summary>The machine's own disk keeps the contract of IDisk.</summary>
public sealed class LocalDiskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LocalDisk _disk;

    public LocalDiskTests() => _disk = new LocalDisk(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Bytes_are_read_back_from_where_they_were_written()
    {
        await using var file = await _disk.OpenAsync("a", FileOpening.CreateNew);
        byte[] large = new byte[3_000_000];
        new Random(1).NextBytes(large);
        await file.WriteAsync(10, large);
        await file.WriteAsync(1_000_000, new byte[] { 1, 2, 3 });
        large.AsSpan(999_990, 3).Clear();
        new byte[] { 1, 2, 3 }.CopyTo(large.AsSpan(999_990));
        await file.FlushAsync();
        byte[] read = new byte[large.Length + 100];
        Assert.Equal(large.Length, await file.ReadAsync(10, read));
        Assert.Equal(large, read[..large.Length]);
        Assert.Equal(large.Length + 10, await file.GetLengthAsync());
        Assert.Equal(0, await file.ReadAsync(large.Length + 10, read));
    }

    [Fact]
    public async Task Allocating_does_not_change_the_length_and_setting_it_gives_the_space_back()
    {
        await using var file = await _disk.OpenAsync("a", FileOpening.CreateNew);
        await file.WriteAsync(0, new byte[10]);
        await file.AllocateAsync(1_000_000);
        Assert.Equal(10, await file.GetLengthAsync());
        await file.SetLengthAsync(5);
        Assert.Equal(5, await file.GetLengthAsync());
        await file.SetLengthAsync(500);
        Assert.Equal(500, await file.GetLengthAsync());
    }

    [Fact]
    public async Task Opening_tells_missing_and_existing_files_apart()
    {
        Assert.Equal(DiskFailure.NotFound, await FailureOfAsync(async () => await _disk.OpenAsync("a", FileOpening.Existing)));
        Assert.Equal(DiskFailure.NotFound, await FailureOfAsync(async () => await _disk.OpenAsync("d/a", FileOpening.CreateNew)));
        await (await _disk.OpenAsync("a", FileOpening.CreateNew)).DisposeAsync();
        Assert.Equal(DiskFailure.Exists, await FailureOfAsync(async () => await _disk.OpenAsync("a", FileOpening.CreateNew)));
        await (await _disk.OpenAsync("a", FileOpening.CreateOrOpen)).DisposeAsync();
        await (await _disk.OpenAsync("a", FileOpening.Existing)).DisposeAsync();
        Assert.False(_disk.Failed);
    }

    [Fact]
    public async Task Names_are_created_moved_listed_and_removed()
    {
        await _disk.CreateDirectoryAsync("d/e/f");
        await _disk.CreateDirectoryAsync("d/e/f");
        await (await _disk.OpenAsync("d/e/ü", FileOpening.CreateNew)).DisposeAsync();
        await (await _disk.OpenAsync("d/e/b", FileOpening.CreateNew)).DisposeAsync();
        await _disk.RenameAsync("d/e/b", "d/e/B");
        await _disk.FlushDirectoryAsync("d/e");
        Assert.Equal(["B", "f", "ü"], await _disk.ListAsync("d/e"));
        Assert.True(await _disk.ExistsAsync("d/e/f"));
        Assert.False(await _disk.ExistsAsync("d/e/b"));
        await _disk.DeleteAsync("d/e/B");
        await _disk.DeleteAsync("d/e/B");
        Assert.Equal(["f", "ü"], await _disk.ListAsync("d/e"));
        Assert.Equal(DiskFailure.NotFound, await FailureOfAsync(async () => await _disk.ListAsync("none")));
        Assert.Equal(DiskFailure.NotFound, await FailureOfAsync(async () => await _disk.RenameAsync("none", "x")));
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a\0b")]
    public async Task Paths_that_leave_the_directory_are_refused(string path)
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await _disk.OpenAsync(path, FileOpening.CreateOrOpen));
    }

    [Fact]
    public async Task A_missing_root_is_not_created_by_opening_a_file()
    {
        var disk = new LocalDisk($"{_directory.Path}/unmounted");
        Assert.Equal(DiskFailure.NotFound, await FailureOfAsync(async () => await disk.OpenAsync("a", FileOpening.CreateNew)));
        await disk.CreateDirectoryAsync("");
        await (await disk.OpenAsync("a", FileOpening.CreateNew)).DisposeAsync();
    }

    [Fact]
    public async Task Only_one_holds_the_lock_of_a_directory()
    {
        var other = new LocalDisk(_directory.Path);
        var held = await _disk.LockAsync("lock");
        Assert.Equal(DiskFailure.Locked, await FailureOfAsync(async () => await other.LockAsync("lock")));
        Assert.Equal(DiskFailure.Locked, await FailureOfAsync(async () => await _disk.LockAsync("lock")));
        await held.DisposeAsync();
        await (await other.LockAsync("lock")).DisposeAsync();
    }

    [Fact]
    public async Task The_space_is_that_of_the_file_system()
    {
        var space = await _disk.GetSpaceAsync();
        var drive = new DriveInfo(_directory.Path);
        Assert.Equal(drive.TotalSize, space.CapacityBytes);
        Assert.InRange(space.AvailableBytes, 0, space.CapacityBytes);
    }

    [Fact]
    public async Task A_journal_lives_on_the_machines_disk()
    {
        var options = new JournalOptions { SegmentBytes = 1024 * 1024, OwnerId = 5 };
        byte[] payload = new byte[3000];
        new Random(1).NextBytes(payload);
        for (int round = 0; round < 3; round++)
        {
            long count = 0;
            await using var journal = await Journal.OpenAsync(_disk, "journal", options, TimeProvider.System, record =>
            {
                count++;
                Assert.True(record.Payload.Span.SequenceEqual(payload));
                return ValueTask.CompletedTask;
            }, CancellationToken.None);
            Assert.Equal(round * 1000, count);
            await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => journal.AppendAsync(payload).AsTask()));
        }
    }

    private static async Task<DiskFailure> FailureOfAsync(Func<Task> action) => (await Assert.ThrowsAsync<DiskException>(action)).Failure;
}
