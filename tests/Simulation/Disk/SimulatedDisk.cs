using DfsNet.Storage.Disk;

namespace DfsNet.Simulation;

/// <summary>A disk in memory with a live and a durable image.</summary>
public sealed class SimulatedDisk(Random random, TimeProvider time) : IDisk
{
    public Random Random { get; } = random;
    public TimeProvider Time { get; } = time;
    public string Location => "simulated disk";
    public bool Crashed { get; private set; }
    public bool FlushesFail { get; set; }
    public long OperationCount { get; private set; }
    public long? CapacityBytes { get; set; }
    public void Crash() => Crashed = true;
    public void Restart() => Crashed = false;
    public void CrashAtOperation(long operation) => OperationCount = operation;
    public void FailFlushAt(long operation) => OperationCount = operation;
    public void FailWriteAt(long operation, DiskFailure failure) => OperationCount = operation;
    public void FlipBit(string path, long bit) => OperationCount = bit;
    public void StallFor(TimeSpan duration) => OperationCount = duration.Ticks;
    public ValueTask<IDiskFile> OpenAsync(string path, FileOpening opening) => throw new NotSupportedException();
    public ValueTask<bool> ExistsAsync(string path) => throw new NotSupportedException();
    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => throw new NotSupportedException();
    public ValueTask CreateDirectoryAsync(string directory) => throw new NotSupportedException();
    public ValueTask RenameAsync(string source, string target) => throw new NotSupportedException();
    public ValueTask DeleteAsync(string path) => throw new NotSupportedException();
    public ValueTask FlushDirectoryAsync(string directory) => throw new NotSupportedException();
    public ValueTask<DiskSpace> GetSpaceAsync() => throw new NotSupportedException();
    public ValueTask<IAsyncDisposable> LockAsync(string path) => throw new NotSupportedException();
}
