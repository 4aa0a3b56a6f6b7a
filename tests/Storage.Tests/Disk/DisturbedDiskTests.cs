using DfsNet.Storage.Disk;

namespace DfsNet.Storage.Tests.Disk;

/// <summary>The disk of a server that allows drills: as any other until it is disturbed, and again when the time is over.</summary>
public sealed class DisturbedDiskTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_full_disk_lets_nothing_grow_for_a_time_and_what_is_there_may_be_changed()
    {
        using var directory = new TemporaryDirectory();
        var disk = new DisturbedDisk(new LocalDisk(directory.Path), _time);
        await using var file = await disk.OpenAsync("f", FileOpening.CreateNew);
        await file.WriteAsync(0, new byte[100]);
        Assert.NotEqual(0, (await disk.GetSpaceAsync()).AvailableBytes);

        disk.Fill(Second);
        Assert.Equal(0, (await disk.GetSpaceAsync()).AvailableBytes);
        var error = await Assert.ThrowsAsync<DiskException>(async () => await file.WriteAsync(50, new byte[51]));
        Assert.Equal(DiskFailure.Full, error.Failure);
        error = await Assert.ThrowsAsync<DiskException>(async () => await file.AllocateAsync(1_000));
        Assert.Equal(DiskFailure.Full, error.Failure);
        await file.WriteAsync(50, new byte[50]);
        Assert.Equal(100, await file.GetLengthAsync());

        _time.Advance(Second);
        await file.WriteAsync(50, new byte[51]);
        await file.FlushAsync();
        Assert.Equal(101, await file.GetLengthAsync());
    }

    [Fact]
    public async Task A_slow_disk_waits_with_flushes_and_reads_for_a_time()
    {
        using var directory = new TemporaryDirectory();
        var disk = new DisturbedDisk(new LocalDisk(directory.Path), _time);
        await using var file = await disk.OpenAsync("f", FileOpening.CreateNew);
        await file.FlushAsync();

        disk.SlowDown(Second);
        var flush = file.FlushAsync().AsTask();
        var read = file.ReadAsync(0, new byte[1]).AsTask();
        await file.WriteAsync(0, new byte[1]);
        Assert.False(flush.IsCompleted);
        Assert.False(read.IsCompleted);
        _time.Advance(Second);
        await flush;
        await read;
        await file.FlushAsync();
    }

    [Fact]
    public async Task A_flipped_bit_is_on_the_disk_and_nothing_else_is()
    {
        using var directory = new TemporaryDirectory();
        var plain = new LocalDisk(directory.Path);
        await using var file = await plain.OpenAsync("f", FileOpening.CreateNew);
        await file.WriteAsync(0, new byte[] { 1, 2, 3 });

        await new DisturbedDisk(plain, _time).FlipBitAsync("f", 1);
        byte[] found = new byte[3];
        await file.ReadAsync(0, found);
        Assert.Equal(new byte[] { 1, 3, 3 }, found);
    }
}
