using DfsNet.Devices;
using DfsNet.Simulation.Time;
using DfsNet.Storage.Disk;

namespace DfsNet.Simulation.Disk;

/// <summary>
/// A simulated disk as one life of a process sees it, in virtual time. A change takes effect when it is called, as in a page cache; a
/// flush at the end of its time, and not at all when the process dies before. What a life began and did not see end never ends, and what
/// is left of it after its death does nothing: such a call waits for ever.
/// </summary>
internal sealed class PacedDisk : IDisk
{
    private readonly Scheduler _scheduler;
    private readonly Life _life;
    private readonly DiskPace _pace;
    private readonly Random _random;
    private readonly long _epoch;

    public PacedDisk(SimulatedDisk disk, Scheduler scheduler, Life life, DiskPace pace, Random random)
    {
        Images = disk.Images;
        _scheduler = scheduler;
        _life = life;
        _pace = pace;
        _random = random;
        _epoch = Images.Epoch;
    }

    public string Location => $"simulated disk of {_life.Name}";

    internal DiskImages Images { get; }

    public ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening)
    {
        int name = Note(DiskCall.Open, path);
        return ChangeAsync<IDiskFile>(() => new PacedFile(this, path, name, Images.Open(path, opening)));
    }

    public ValueTask<bool> ExistsAsync(string path)
    {
        Note(DiskCall.Exists, path);
        return ChangeAsync(() => Images.Exists(path));
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string directory)
    {
        Note(DiskCall.List, directory);
        return ReadAsync(() => Images.List(directory));
    }

    public ValueTask CreateDirectoryAsync(string directory)
    {
        Note(DiskCall.CreateDirectory, directory);
        return FlushAsync(() => Images.CreateDirectory(directory));
    }

    public ValueTask RenameAsync(string source, string target)
    {
        Note(DiskCall.Rename, source);
        Note(DiskCall.Rename, target);
        return ChangeAsync(() => Images.Rename(source, target));
    }

    public ValueTask DeleteAsync(string path)
    {
        Note(DiskCall.Delete, path);
        return ChangeAsync(() => Images.Delete(path));
    }

    public ValueTask FlushDirectoryAsync(string directory)
    {
        Note(DiskCall.FlushDirectory, directory);
        long changes = Images.NameChangeCount;
        return FlushAsync(() => Images.FlushDirectory(directory, changes));
    }

    public ValueTask<DiskSpace> GetSpaceAsync()
    {
        Note(DiskCall.GetSpace, "");
        return ChangeAsync(Images.GetSpace);
    }

    public ValueTask<IAsyncDisposable> LockAsync(string path)
    {
        Note(DiskCall.Lock, path);
        return ChangeAsync<IAsyncDisposable>(() =>
        {
            Images.Lock(path);
            return new SimulatedLock(() => Images.Unlock(path, _epoch));
        });
    }

    /// <summary>Writes a call into the trace; returns a number for its path.</summary>
    internal int Note(DiskCall call, string path)
    {
        int name = NumberOf(path);
        Note(call, name, path, 0, 0);
        return name;
    }

    internal void Note(DiskCall call, int name, string path, long offset, long length)
    {
        if (!_life.IsAlive)
        {
            return;
        }

        _scheduler.Trace.Add(((long)call << 32) ^ name);
        _scheduler.Trace.Add((offset << 24) ^ length);
        if (_scheduler.Trace.Listener is not null)
        {
            _scheduler.Trace.Note(_scheduler.Now, $"{_life.Name} disk {call} {path} {offset}+{length}");
        }
    }

    /// <summary>Takes effect now; most often it has ended then, too.</summary>
    internal ValueTask<T> ChangeAsync<T>(Func<T> operation)
    {
        if (!IsAlive)
        {
            return NeverAsync<T>();
        }

        T result = default!;
        DiskException? error = null;
        try
        {
            result = operation();
        }
        catch (DiskException failure)
        {
            error = failure;
        }

        var latency = _pace.OfChange(_scheduler.Now);
        if (!IsAlive)
        {
            return NeverAsync<T>();
        }

        return latency > TimeSpan.Zero
            ? EndAsync(latency, () => error is null ? result : throw error)
            : error is null ? ValueTask.FromResult(result) : ValueTask.FromException<T>(error);
    }

    internal ValueTask ChangeAsync(Action operation) => Plain(ChangeAsync(() => Done(operation)));

    /// <summary>Takes effect at its end, at once where the page cache has it.</summary>
    internal ValueTask<T> ReadAsync<T>(Func<T> operation) =>
        IsAlive ? EndAsync(_pace.OfRead(_random, _scheduler.Now), operation) : NeverAsync<T>();

    /// <summary>Takes effect at its end.</summary>
    internal ValueTask FlushAsync(Action operation) =>
        Plain(IsAlive ? EndAsync(_pace.OfFlush(_random, _scheduler.Now), () => Done(operation)) : NeverAsync<bool>());

    private bool IsAlive => _life.IsAlive && Images.IsAlive(_epoch);

    // FNV-1a: the runtime's own hash of a string differs from process to process.
    private static int NumberOf(string path)
    {
        uint number = 2_166_136_261;
        foreach (char letter in path)
        {
            number = (number ^ letter) * 16_777_619;
        }

        return (int)(number & int.MaxValue);
    }

    private static ValueTask<T> NeverAsync<T>() => new(new TaskCompletionSource<T>().Task);

    private static bool Done(Action operation)
    {
        operation();
        return true;
    }

    private static ValueTask Plain(ValueTask<bool> task) => task.IsCompletedSuccessfully ? default : new(task.AsTask());

    private ValueTask<T> EndAsync<T>(TimeSpan latency, Func<T> operation)
    {
        var ended = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (latency > TimeSpan.Zero)
        {
            _life.After(latency, () => End(ended, operation));
        }
        else
        {
            End(ended, operation);
        }

        return new(ended.Task);
    }

    private void End<T>(TaskCompletionSource<T> ended, Func<T> operation)
    {
        if (!IsAlive)
        {
            return;
        }

        try
        {
            T result = operation();
            ended.SetResult(result);
        }
        catch (DiskException error) when (IsAlive)
        {
            ended.SetException(error);
        }
        catch (DiskException)
        {
            // The machine went down inside this operation.
            _scheduler.Trace.Add((long)DiskCall.Down);
        }
    }
}
