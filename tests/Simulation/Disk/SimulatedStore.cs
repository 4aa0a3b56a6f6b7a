using DfsNet.Devices;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Time;
using DfsNet.Storage.Disk;

namespace DfsNet.Simulation.Disk;

/// <summary>
/// The metadata store as one life of a process sees it. Fault model: batches are applied whole and live in memory, so that every death of
/// the process, a kill or a power cut, falls back to an index drawn between the last forced flush and the applied one. A forced flush
/// covers what was applied before it began, takes the disk's time, meets the disk's faults (full, failing and lying flushes), and is
/// nothing when the process dies before its end. After its death a process goes on reading what it saw last, and changes nothing.
/// </summary>
internal sealed class SimulatedStore : IStateStore
{
    private readonly MemoryStateStore _inner;
    private readonly SimulatedDisk _disk;
    private readonly Scheduler _scheduler;
    private readonly Life _life;
    private readonly DiskPace _pace;
    private readonly Random _random;
    private IStateSnapshot? _last;

    public SimulatedStore(MemoryStateStore inner, SimulatedDisk disk, Scheduler scheduler, Life life, DiskPace pace, Random random)
    {
        _inner = inner;
        _disk = disk;
        _scheduler = scheduler;
        _life = life;
        _pace = pace;
        _random = random;
        life.Died += FallBack;
    }

    /// <summary>Sees every batch before it is applied.</summary>
    public Action<ulong, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>>>? Applying { get; init; }

    /// <summary>Sabotage: says of a changed key whether the store forgets it.</summary>
    public Predicate<byte[]>? DropsKey { get; init; }

    public ulong AppliedIndex => _last?.AppliedIndex ?? _inner.AppliedIndex;

    private IStateReads Reads => _last ?? (IStateReads)_inner;

    public byte[]? Get(ReadOnlySpan<byte> key) => Reads.Get(key);

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] from, byte[] to) => Reads.Scan(from, to);

    public IEnumerable<KeyValuePair<byte[], byte[]>> ScanBack(byte[] from, byte[] to) => Reads.ScanBack(from, to);

    public void Apply(ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes)
    {
        if (!_life.IsAlive)
        {
            return;
        }

        Note(StoreCall.Apply, index, changes.Count);
        Applying?.Invoke(index, changes);
        _inner.Apply(index, DropsKey is null ? changes : [.. changes.Where(change => !DropsKey(change.Key))]);
    }

    public IStateSnapshot OpenSnapshot() => _last ?? _inner.OpenSnapshot();

    public ValueTask<ulong> FlushAsync()
    {
        var flushed = new TaskCompletionSource<ulong>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_life.IsAlive)
        {
            ulong begun = _inner.AppliedIndex;
            Note(StoreCall.Flush, begun, 0);
            _life.After(_pace.OfFlush(_random, _scheduler.Now), () => EndFlush(begun, flushed));
        }

        return new(flushed.Task);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void EndFlush(ulong begun, TaskCompletionSource<ulong> flushed)
    {
        try
        {
            flushed.SetResult(_disk.Images.TryFlushElsewhere("store") ? _inner.FlushTo(begun) : begun);
        }
        catch (DiskException error) when (!_disk.Crashed)
        {
            var code = error.Failure == DiskFailure.Full ? ErrorCode.OutOfSpace : ErrorCode.VolumeFailed;
            flushed.SetException(new DfsException(code, "flush the state store", error.Message, error));
        }
        catch (DiskException)
        {
            // The machine went down inside the flush: nobody hears of it.
            Note(StoreCall.Down, begun, 0);
        }
    }

    private void FallBack()
    {
        _last = _inner.OpenSnapshot();
        _inner.Crash(_random);
        Note(StoreCall.FallBack, _inner.AppliedIndex, (long)(_last.AppliedIndex - _inner.AppliedIndex));
    }

    private void Note(StoreCall call, ulong index, long count)
    {
        _scheduler.Trace.Add(((long)call << 56) ^ (count << 40) ^ (long)index);
        if (_scheduler.Trace.Listener is not null)
        {
            _scheduler.Trace.Note(_scheduler.Now, $"{_life.Name} store {call} {index} ({count})");
        }
    }

    /// <summary>What happens to a store, for the trace.</summary>
    private enum StoreCall
    {
        Apply = 32,
        Flush,
        FallBack,
        Down,
    }
}
