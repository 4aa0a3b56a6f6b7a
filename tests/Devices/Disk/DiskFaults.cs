using DfsNet.Storage.Disk;

namespace DfsNet.Devices;

/// <summary>Faults that wait for their operation.</summary>
internal sealed class DiskFaults
{
    private readonly Countdown _flushError = new();
    private readonly Countdown _writeError = new();
    private readonly Countdown _readError = new();
    private readonly Countdown _lostWrite = new();
    private readonly Countdown _misdirectedWrite = new();
    private DiskFailure _writeFailure;

    /// <summary>The number of the operation to crash in; 0 for none.</summary>
    public long CrashAt { get; set; }

    /// <summary>The number of the operation at which the process dies; 0 for none.</summary>
    public long KillAt { get; set; }

    public void FailFlushIn(long n) => _flushError.Set(n, "");

    public void FailWriteIn(long n, DiskFailure failure)
    {
        _writeError.Set(n, "");
        _writeFailure = failure;
    }

    public void FailReadIn(long n, string below) => _readError.Set(n, below);

    public void LoseWriteIn(long n, string below) => _lostWrite.Set(n, below);

    public void MisdirectWriteIn(long n, string below) => _misdirectedWrite.Set(n, below);

    public bool TakeFlushError(string path) => _flushError.Take(path);

    public DiskFailure? TakeWriteError(string path) => _writeError.Take(path) ? _writeFailure : null;

    public bool TakeReadError(string path) => _readError.Take(path);

    public bool TakeLostWrite(string path) => _lostWrite.Take(path);

    public bool TakeMisdirectedWrite(string path) => _misdirectedWrite.Take(path);

    public void Clear()
    {
        CrashAt = 0;
        KillAt = 0;
        _flushError.Set(0, "");
        _writeError.Set(0, "");
        _readError.Set(0, "");
        _lostWrite.Set(0, "");
        _misdirectedWrite.Set(0, "");
    }

    /// <summary>Waits for the n-th operation on a path that begins as asked.</summary>
    private sealed class Countdown
    {
        private long _left;
        private string _below = "";

        public void Set(long n, string below)
        {
            _left = n;
            _below = below;
        }

        public bool Take(string path) => _left > 0 && path.StartsWith(_below, StringComparison.Ordinal) && --_left == 0;
    }
}
