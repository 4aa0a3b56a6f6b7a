namespace DfsNet.Cli.Transfers;

/// <summary>How far a transfer is; written by many workers, read by the display.</summary>
internal sealed class TransferCounters
{
    private long _filesFound;
    private long _filesDone;
    private long _bytesFound;
    private long _bytesDone;
    private long _directories;

    public long FilesFound => Interlocked.Read(ref _filesFound);

    public long FilesDone => Interlocked.Read(ref _filesDone);

    public long BytesFound => Interlocked.Read(ref _bytesFound);

    public long BytesDone => Interlocked.Read(ref _bytesDone);

    public long Directories => Interlocked.Read(ref _directories);

    /// <summary>Everything was found: the totals are final.</summary>
    public bool Complete { get; set; }

    public void Found(long bytes)
    {
        Interlocked.Increment(ref _filesFound);
        Interlocked.Add(ref _bytesFound, bytes);
    }

    public void FileDone() => Interlocked.Increment(ref _filesDone);

    public void DirectoryDone() => Interlocked.Increment(ref _directories);

    public void AddBytes(long bytes) => Interlocked.Add(ref _bytesDone, bytes);

    /// <summary>Hears the bytes so far of one file.</summary>
    public IProgress<long> ForFile() => new FileProgress(this);

    /// <summary>The bytes of one file, added to those of all.</summary>
    private sealed class FileProgress(TransferCounters counters) : IProgress<long>
    {
        private long _last;

        public void Report(long value) => counters.AddBytes(value - Interlocked.Exchange(ref _last, value));
    }
}
