using DfsNet.Devices;
using DfsNet.Simulation.Time;
using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.Simulation.Disk;

/// <summary>A disk in virtual time, alone and under a real journal.</summary>
public sealed class PacedDiskTests
{
    private static readonly JournalOptions Options = new();

    private readonly Scheduler _scheduler = new();
    private readonly SimulatedDisk _disk = new(new Random(1));
    private readonly DiskPace _pace = new();

    [Fact]
    public async Task A_write_ends_at_once_and_a_flush_takes_its_time()
    {
        var life = new Life(_scheduler, "node");
        var file = await Attach(life).OpenAsync("a", FileOpening.CreateNew);
        Assert.True(file.WriteAsync(0, new byte[100]).IsCompletedSuccessfully);
        var flush = file.FlushAsync().AsTask();
        await _scheduler.RunAsync(() => flush.IsCompleted);
        Assert.True(flush.IsCompletedSuccessfully);
        Assert.InRange(_scheduler.Now, _pace.FlushMin.Ticks, _pace.FlushMax.Ticks);
    }

    [Fact]
    public async Task What_a_life_began_and_did_not_see_end_never_ends()
    {
        var life = new Life(_scheduler, "node");
        var disk = Attach(life);
        var file = await disk.OpenAsync("a", FileOpening.CreateNew);
        await file.WriteAsync(0, new byte[] { 1 });
        var flush = file.FlushAsync().AsTask();
        life.Die();
        _disk.Kill();
        _disk.Restart();
        var late = file.WriteAsync(0, new byte[] { 2 }).AsTask();
        var create = disk.OpenAsync("b", FileOpening.CreateNew).AsTask();
        await _scheduler.RunAsync(() => false);
        Assert.False(flush.IsCompleted || late.IsCompleted || create.IsCompleted);
        Assert.Equal([1], _disk.Snapshot("a"));
        Assert.Equal(["a"], _disk.Paths);
    }

    [Fact]
    public async Task A_paused_process_hears_of_its_flush_when_it_goes_on()
    {
        var life = new Life(_scheduler, "node");
        var file = await Attach(life).OpenAsync("a", FileOpening.CreateNew);
        var flush = file.FlushAsync().AsTask();
        life.Pause();
        _scheduler.After(TimeSpan.FromSeconds(5), life.Resume);
        await _scheduler.RunAsync(() => flush.IsCompleted);
        Assert.Equal(TimeSpan.FromSeconds(5).Ticks, _scheduler.Now);
    }

    [Fact]
    public async Task A_disk_that_hangs_ends_nothing_before_it_goes_on()
    {
        _pace.StalledUntil = TimeSpan.FromSeconds(20).Ticks;
        var life = new Life(_scheduler, "node");
        var open = Attach(life).OpenAsync("a", FileOpening.CreateNew).AsTask();
        Assert.False(open.IsCompleted);
        await _scheduler.RunAsync(() => open.IsCompleted);
        Assert.Equal(TimeSpan.FromSeconds(20).Ticks, _scheduler.Now);
    }

    [Fact]
    public async Task A_write_behind_the_beginning_of_a_flush_needs_another_one()
    {
        var life = new Life(_scheduler, "node");
        var disk = Attach(life);
        var file = await disk.OpenAsync("a", FileOpening.CreateNew);
        await file.WriteAsync(0, Bytes(1, 4096));
        var flush = Task.WhenAll(file.FlushAsync().AsTask(), disk.FlushDirectoryAsync("").AsTask());
        await file.WriteAsync(4096, Bytes(2, 4096 * 16));
        await _scheduler.RunAsync(() => flush.IsCompleted);
        _disk.Crash();
        byte[] left = _disk.Snapshot("a");
        Assert.All(left[..4096], value => Assert.Equal(1, value));
        Assert.NotEqual(4096 * 16, left[4096..].Count(value => value == 2));
    }

    [Fact]
    public async Task A_power_cut_inside_an_operation_takes_the_process_with_it()
    {
        var life = new Life(_scheduler, "node");
        _disk.Images.WentDown += life.Die;
        var file = await Attach(life).OpenAsync("a", FileOpening.CreateNew);
        _disk.CrashAtOperation(2);
        var flush = file.FlushAsync().AsTask();
        var write = file.WriteAsync(0, new byte[1]).AsTask();
        await _scheduler.RunAsync(() => false);
        Assert.False(life.IsAlive || flush.IsCompleted);
        Assert.True(write.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_flush_that_runs_beside_a_failing_one_of_the_same_file_fails_too()
    {
        var file = await Attach(new Life(_scheduler, "node")).OpenAsync("a", FileOpening.CreateNew);
        await file.WriteAsync(0, new byte[1]);
        _disk.FailFlushAt(1);
        Task[] flushes = [file.FlushAsync().AsTask(), file.FlushAsync().AsTask()];
        await _scheduler.RunAsync(() => flushes.All(flush => flush.IsCompleted));
        Assert.All(flushes, flush => Assert.IsType<DiskException>(flush.Exception!.InnerException));
        var later = file.FlushAsync().AsTask();
        await _scheduler.RunAsync(() => later.IsCompleted);
        Assert.True(later.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_journal_killed_in_the_middle_of_a_flush_comes_back_with_what_it_acknowledged()
    {
        for (int seed = 1; seed <= 40; seed++)
        {
            var first = await RunJournalAsync(seed);
            Assert.Equal(first, await RunJournalAsync(seed));
        }
    }

    /// <summary>The hash of everything that happened.</summary>
    private static async Task<ulong> RunJournalAsync(int seed)
    {
        var scheduler = new Scheduler();
        var lives = LiveAndDieAsync(scheduler, seed);
        await scheduler.RunAsync(() => lives.IsCompleted);
        await lives;
        return scheduler.Trace.Value;
    }

    /// <summary>Lives that append until a kill or a power cut takes them.</summary>
    private static async Task LiveAndDieAsync(Scheduler scheduler, int seed)
    {
        var random = new Random(seed);
        var disk = new SimulatedDisk(new Random(seed));
        var acknowledged = new Dictionary<long, byte>();
        for (int round = 0; round < 4; round++)
        {
            var life = new Life(scheduler, "node");
            var paced = new PacedDisk(disk, scheduler, life, new DiskPace(), new Random(random.Next()));
            var work = AppendAsync(paced, new NodeClock(scheduler, life), acknowledged, (byte)round);
            await scheduler.DelayAsync(TimeSpan.FromMilliseconds(random.Next(5, 120)));
            Assert.False(work.IsCompleted, work.Exception?.ToString());
            life.Die();
            if (random.Next(2) == 0)
            {
                disk.Kill();
            }
            else
            {
                disk.Crash();
            }

            disk.Restart();
        }

        Assert.NotEmpty(acknowledged);
    }

    private static async Task AppendAsync(IDisk disk, TimeProvider time, Dictionary<long, byte> acknowledged, byte mark)
    {
        var replayed = new Dictionary<long, byte>();
        var journal = await Journal.OpenAsync(disk, "journal", Options, time, Replay, CancellationToken.None);
        foreach (var (position, value) in acknowledged)
        {
            Assert.Equal(value, replayed[position]);
        }

        for (int size = 1; ; size = (size * 3 % 9001) + 1)
        {
            long position = await journal.AppendAsync(Bytes(mark, size));
            acknowledged[position] = mark;
        }

        ValueTask Replay(JournalRecord record)
        {
            replayed[record.Position] = record.Payload.Span[0];
            return ValueTask.CompletedTask;
        }
    }

    private static byte[] Bytes(byte value, int count)
    {
        byte[] bytes = new byte[count];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private PacedDisk Attach(Life life) => new(_disk, _scheduler, life, _pace, new Random(2));
}
