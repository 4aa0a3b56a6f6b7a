using DfsNet.Devices;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Time;
using DfsNet.Storage.Disk;

namespace DfsNet.Simulation.Disk;

public sealed class SimulatedStoreTests
{
    private readonly Scheduler _scheduler = new();
    private readonly MemoryStateStore _inner = new();
    private readonly SimulatedDisk _disk = new(new Random(1));

    [Fact]
    public async Task A_flush_covers_what_was_applied_before_it_began_and_takes_time()
    {
        var life = new Life(_scheduler, "node");
        var store = Attach(life, 1);
        Fill(store, 1, 5);
        var flush = store.FlushAsync().AsTask();
        Fill(store, 6, 8);
        await _scheduler.RunAsync(() => flush.IsCompleted);
        Assert.Equal(5ul, await flush);
        Assert.True(_scheduler.Now > 0);
        Assert.Equal((5ul, 8ul), (_inner.FlushedIndex, store.AppliedIndex));
    }

    [Fact]
    public async Task A_death_falls_back_to_any_index_since_the_last_flush()
    {
        var seen = new SortedSet<ulong>();
        for (int seed = 0; seed < 50; seed++)
        {
            var inner = new MemoryStateStore();
            var life = new Life(_scheduler, "node");
            var store = new SimulatedStore(inner, _disk, _scheduler, life, new DiskPace(), new Random(seed));
            Fill(store, 1, 3);
            var flush = store.FlushAsync().AsTask();
            await _scheduler.RunAsync(() => flush.IsCompleted);
            Fill(store, 4, 6);
            var lost = store.FlushAsync().AsTask();
            life.Die();
            seen.Add(inner.AppliedIndex);
            await _scheduler.RunAsync(() => false);
            Assert.False(lost.IsCompleted);
        }

        Assert.Equal([3ul, 4ul, 5ul, 6ul], seen);
    }

    [Fact]
    public void A_dead_process_changes_nothing_and_sees_what_it_saw()
    {
        var life = new Life(_scheduler, "node");
        var dead = Attach(life, 3);
        Fill(dead, 1, 9);
        life.Die();
        ulong left = _inner.AppliedIndex;
        dead.Apply(10, [new([1], [10])]);
        Assert.Equal(left, _inner.AppliedIndex);
        Assert.Equal(9ul, dead.AppliedIndex);
        Assert.Equal([9], dead.Get([1]));
        var next = Attach(new Life(_scheduler, "node"), 4);
        Fill(next, left + 1, left + 1);
        Assert.Equal([9], dead.Get([1]));
    }

    [Fact]
    public async Task A_flush_meets_the_faults_of_the_disk()
    {
        var store = Attach(new Life(_scheduler, "node"), 1);
        Fill(store, 1, 2);
        _disk.WritesFail = DiskFailure.Full;
        Assert.Equal(ErrorCode.OutOfSpace, await FlushAsync(store));
        _disk.WritesFail = null;
        _disk.FailFlushAt(1);
        Assert.Equal(ErrorCode.VolumeFailed, await FlushAsync(store));
        _disk.FlushesLie = true;
        Assert.Null(await FlushAsync(store));
        Assert.Equal(0ul, _inner.FlushedIndex);
    }

    [Fact]
    public void A_sabotaged_store_forgets_a_key()
    {
        var store = new SimulatedStore(
            _inner, _disk, _scheduler, new Life(_scheduler, "node"), new DiskPace(), new Random(1))
        {
            DropsKey = key => key[0] == 2,
        };
        store.Apply(1, [new([1], [1]), new([2], [1])]);
        Assert.NotNull(store.Get([1]));
        Assert.Null(store.Get([2]));
    }

    private async Task<ErrorCode?> FlushAsync(SimulatedStore store)
    {
        var flush = store.FlushAsync().AsTask();
        await _scheduler.RunAsync(() => flush.IsCompleted);
        return flush.IsFaulted ? Assert.IsType<DfsException>(flush.Exception.InnerException).Code : null;
    }

    private static void Fill(SimulatedStore store, ulong from, ulong to)
    {
        for (ulong index = from; index <= to; index++)
        {
            store.Apply(index, [new([1], [(byte)index])]);
        }
    }

    private SimulatedStore Attach(Life life, int seed) => new(_inner, _disk, _scheduler, life, new DiskPace(), new Random(seed));
}
