using DfsNet.Devices;
using DfsNet.Storage.Disk;

namespace DfsNet.Simulation.Disk;

/// <summary>The fault model of the simulated disk, line by line.</summary>
public sealed class SimulatedDiskTests
{
    private const int Seeds = 60;

    [Fact]
    public async Task What_was_flushed_survives_every_crash_and_what_was_not_may_vanish_or_tear()
    {
        int vanished = 0;
        int torn = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            var disk = await CreateAsync(seed, "a", Bytes(1, 2048));
            var file = await disk.OpenAsync("a", FileOpening.Existing);
            await file.FlushAsync();
            await file.WriteAsync(512, Bytes(2, 1024));
            Restart(disk);
            byte[] left = disk.Snapshot("a");
            Assert.Equal(Bytes(1, 512), left[..512]);
            Assert.Equal(Bytes(1, 512), left[1536..]);
            for (int sector = 512; sector < 1536; sector += 512)
            {
                int kept = left.AsSpan(sector, 512).IndexOf((byte)1) is var at and >= 0 ? at : 512;
                Assert.False(left.AsSpan(sector + kept, 512 - kept).Contains((byte)2));
                vanished += kept == 0 ? 1 : 0;
                torn += kept is > 0 and < 512 ? 1 : 0;
            }

            Assert.InRange(disk.FaultCounts[DiskFault.LostSector] + disk.FaultCounts[DiskFault.TornSector], 0, 2);
        }

        Assert.InRange(vanished, Seeds / 2, Seeds);
        Assert.InRange(torn, Seeds / 2, Seeds);
    }

    [Fact]
    public async Task Names_need_a_flush_of_their_directory_and_a_renaming_is_one_step()
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        for (int seed = 0; seed < Seeds; seed++)
        {
            var disk = await CreateAsync(seed, "old", Bytes(1, 10));
            await disk.RenameAsync("old", "new");
            var other = await disk.OpenAsync("other", FileOpening.CreateNew);
            await other.FlushAsync();
            Restart(disk);
            seen.Add(string.Join(' ', disk.Paths));
        }

        Assert.Equal(["new", "new other", "old", "old other"], seen);
    }

    [Fact]
    public async Task After_a_failed_flush_the_next_succeeds_and_brings_nothing_back()
    {
        int lost = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            var disk = await CreateAsync(seed, "a", Bytes(1, 4096));
            var file = await disk.OpenAsync("a", FileOpening.Existing);
            disk.FailFlushAt(1);
            await file.WriteAsync(0, Bytes(2, 4096));
            Assert.Equal(DiskFailure.Failed, await FailureOfAsync(file.FlushAsync()));
            Assert.Equal(Bytes(2, 4096), disk.Snapshot("a"));
            await file.FlushAsync();
            Restart(disk);
            lost += disk.Snapshot("a").AsSpan().SequenceEqual(Bytes(2, 4096)) ? 0 : 1;
            Assert.Equal(1, disk.FaultCounts[DiskFault.FlushError]);
        }

        Assert.InRange(lost, Seeds * 9 / 10, Seeds);
    }

    [Fact]
    public async Task A_lost_write_is_in_neither_image()
    {
        var disk = await CreateAsync(1, "a", Bytes(1, 1024));
        await CreateAsync(disk, "b", Bytes(1, 1024));
        disk.LoseWriteAt(2, "b");
        foreach (string path in new[] { "a", "b" })
        {
            var file = await disk.OpenAsync(path, FileOpening.Existing);
            await file.WriteAsync(0, Bytes(2, 512));
            await file.WriteAsync(512, Bytes(2, 1024));
            await file.FlushAsync();
        }

        Assert.Equal(Bytes(2, 1536), disk.Snapshot("a"));
        byte[] expected = [.. Bytes(2, 512), .. Bytes(1, 512), .. Bytes(0, 512)];
        Assert.Equal(expected, disk.Snapshot("b"));
        Restart(disk);
        Assert.Equal(expected, disk.Snapshot("b"));
        Assert.Equal(1, disk.FaultCounts[DiskFault.LostWrite]);
    }

    [Fact]
    public async Task A_misdirected_write_lands_in_another_place_in_both_images()
    {
        var hit = new SortedSet<string>(StringComparer.Ordinal);
        for (int seed = 0; seed < Seeds; seed++)
        {
            var disk = await CreateAsync(seed, "a", Bytes(1, 4096));
            await CreateAsync(disk, "b", Bytes(1, 4096));
            disk.MisdirectWriteAt(1, "a");
            var file = await disk.OpenAsync("a", FileOpening.Existing);
            await file.WriteAsync(512, Bytes(2, 512));
            await file.FlushAsync();
            Assert.Equal(1, disk.Snapshot("a")[512]);
            string victim = disk.Paths.Single(path => disk.Snapshot(path).Contains((byte)2));
            hit.Add(victim);
            byte[] damaged = disk.Snapshot(victim);
            Assert.Equal(0, Array.IndexOf(damaged, (byte)2) % 512);
            Restart(disk);
            Assert.Equal(damaged, disk.Snapshot(victim));
            Assert.Equal(1, disk.FaultCounts[DiskFault.MisdirectedWrite]);
        }

        Assert.Equal(["a", "b"], hit);
    }

    [Fact]
    public async Task A_broken_sector_fails_its_reads_until_it_is_written_and_a_transient_error_once()
    {
        var disk = await CreateAsync(1, "a", Bytes(1, 4096));
        var file = await disk.OpenAsync("a", FileOpening.Existing);
        disk.BreakSectors("a", 1000, 1000);
        Assert.Equal(512, await file.ReadAsync(0, new byte[512]));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(DiskFailure.Failed, await FailureOfAsync(file.ReadAsync(600, new byte[10])));
        }

        await file.WriteAsync(512, Bytes(2, 512));
        Assert.Equal(1024, await file.ReadAsync(0, new byte[1024]));
        Assert.Equal(DiskFailure.Failed, await FailureOfAsync(file.ReadAsync(1024, new byte[10])));
        disk.BreakSectors("a", 3000, 1, isTransient: true);
        disk.FailReadAt(2);
        var failures = new List<DiskFailure?>();
        for (int i = 0; i < 4; i++)
        {
            failures.Add(await FailureOfAsync(file.ReadAsync(2560, new byte[1000])));
        }

        Assert.Equal([DiskFailure.Failed, null, DiskFailure.Failed, null], failures);
        Assert.Equal(5, disk.FaultCounts[DiskFault.ReadError]);
    }

    [Fact]
    public async Task A_lying_flush_succeeds_and_makes_nothing_durable()
    {
        int lostBytes = 0;
        int lostNames = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            var disk = await CreateAsync(seed, "a", Bytes(1, 4096));
            disk.FlushesLie = seed % 2 == 0;
            disk.DirectoryFlushesLie = seed % 2 == 1;
            await CreateAsync(disk, "b", Bytes(1, 4096));
            Restart(disk);
            bool hasName = disk.Paths.Contains("b");
            lostNames += hasName ? 0 : 1;
            lostBytes += hasName && !disk.Snapshot("b").AsSpan().SequenceEqual(Bytes(1, 4096)) ? 1 : 0;
            Assert.Equal(1, disk.FaultCounts[DiskFault.FlushLie] + disk.FaultCounts[DiskFault.DirectoryFlushLie]);
        }

        Assert.InRange(lostBytes, Seeds / 3, Seeds / 2);
        Assert.InRange(lostNames, Seeds / 8, Seeds / 2);
    }

    [Fact]
    public async Task A_kill_keeps_the_page_cache_and_the_next_process_may_flush_it()
    {
        var disk = await CreateAsync(1, "a", Bytes(1, 4096));
        var file = await disk.OpenAsync("a", FileOpening.Existing);
        await file.WriteAsync(0, Bytes(2, 8192));
        disk.Kill();
        disk.Restart();
        Assert.Equal(DiskFailure.Failed, await FailureOfAsync(file.FlushAsync()));
        Assert.Equal(Bytes(2, 8192), disk.Snapshot("a"));
        var next = await disk.OpenAsync("a", FileOpening.Existing);
        await next.FlushAsync();
        Restart(disk);
        Assert.Equal(Bytes(2, 8192), disk.Snapshot("a"));
    }

    [Fact]
    public async Task Space_counts_reservations_and_what_was_removed_no_more()
    {
        var disk = await CreateAsync(1, "a", Bytes(1, 1000));
        disk.CapacityBytes = 10_000;
        await CreateAsync(disk, "b", Bytes(1, 2000));
        var file = await disk.OpenAsync("a", FileOpening.Existing);
        await file.AllocateAsync(4000);
        Assert.Equal(4000, (await disk.GetSpaceAsync()).AvailableBytes);
        Assert.Equal(DiskFailure.Full, await FailureOfAsync(file.AllocateAsync(8001)));
        await file.SetLengthAsync(500);
        await disk.RenameAsync("a", "b");
        Assert.Equal(9500, (await disk.GetSpaceAsync()).AvailableBytes);
        await disk.FlushDirectoryAsync("");
        Restart(disk);
        long available = (await disk.GetSpaceAsync()).AvailableBytes;
        Assert.Equal(10_000 - disk.LengthOf("b"), available);
        await disk.DeleteAsync("b");
        Assert.Equal(10_000, (await disk.GetSpaceAsync()).AvailableBytes);
    }

    [Fact]
    public async Task The_same_seed_leaves_the_same_image()
    {
        var images = new HashSet<string>();
        for (int seed = 0; seed < 10; seed++)
        {
            string image = await LiveAsync(seed);
            Assert.Equal(image, await LiveAsync(seed));
            Assert.True(images.Add(image));
        }
    }

    /// <summary>Some hundred random operations with crashes and faults; the live image as text.</summary>
    private static async Task<string> LiveAsync(int seed)
    {
        var random = new Random(seed);
        var disk = new SimulatedDisk(new Random(seed));
        for (int i = 0; i < 400; i++)
        {
            var file = await disk.OpenAsync($"f{random.Next(6)}", FileOpening.CreateOrOpen);
            await file.WriteAsync(random.Next(5000), Bytes((byte)i, random.Next(1, 3000)));
            switch (random.Next(12))
            {
                case < 3:
                    await FailureOfAsync(file.FlushAsync());
                    break;
                case 3:
                    await FailureOfAsync(disk.FlushDirectoryAsync(""));
                    break;
                case 4:
                    await file.SetLengthAsync(random.Next(6000));
                    break;
                case 5:
                    await disk.RenameAsync(disk.Paths[0], $"f{random.Next(6)}");
                    break;
                case 6:
                    disk.MisdirectWriteAt(1);
                    break;
                case 7:
                    disk.FailFlushAt(1);
                    break;
                case 8:
                    Restart(disk);
                    break;
            }
        }

        return string.Join('\n', disk.Paths.Select(path => $"{path} {Convert.ToHexString(disk.Snapshot(path))}"));
    }

    private static async Task<SimulatedDisk> CreateAsync(int seed, string path, byte[] content)
    {
        var disk = new SimulatedDisk(new Random(seed));
        await CreateAsync(disk, path, content);
        return disk;
    }

    private static async Task CreateAsync(SimulatedDisk disk, string path, byte[] content)
    {
        var file = await disk.OpenAsync(path, FileOpening.CreateNew);
        await file.WriteAsync(0, content);
        await file.FlushAsync();
        await disk.FlushDirectoryAsync("");
    }

    private static void Restart(SimulatedDisk disk)
    {
        disk.Crash();
        disk.Restart();
    }

    private static Task<DiskFailure?> FailureOfAsync(ValueTask<int> task) => FailureOfAsync(new ValueTask(task.AsTask()));

    private static async Task<DiskFailure?> FailureOfAsync(ValueTask task)
    {
        try
        {
            await task;
            return null;
        }
        catch (DiskException error)
        {
            return error.Failure;
        }
    }

    private static byte[] Bytes(byte value, int count)
    {
        byte[] bytes = new byte[count];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
