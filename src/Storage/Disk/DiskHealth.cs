namespace DfsNet.Storage.Disk;

/// <summary>Remembers the first failure of a disk; from then on nothing is written or flushed there.</summary>
internal sealed class DiskHealth
{
    private DiskException? _failure;

    public DiskException? Failure => Volatile.Read(ref _failure);

    /// <summary>Throws when the disk failed before.</summary>
    public void RequireWritable(string operation, string path)
    {
        if (Failure is { } failure)
        {
            throw new DiskException(
                DiskFailure.Failed, operation, path, failure.Errno, $"refused, the disk failed before: {failure.Message}");
        }
    }

    /// <summary>Takes note of an error of a changing operation, and hands it back to be thrown.</summary>
    public DiskException Note(DiskException error)
    {
        if (error.Failure == DiskFailure.Failed)
        {
            Interlocked.CompareExchange(ref _failure, error, null);
        }

        return error;
    }
}
