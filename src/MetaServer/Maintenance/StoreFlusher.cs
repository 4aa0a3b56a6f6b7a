using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Flushes the store after so much log, or so much time, and cuts the log below the index read back from the flushed files; so a restart
/// replays a bounded log, and nothing leaves the log that a crash could take from the store. Not a worker: a failed flush is never tried
/// again, it ends the node. Only a full disk is waited for.
/// </summary>
internal sealed partial class StoreFlusher(
    IStateStore store, RaftLog log, long flushLogBytes, TimeSpan interval, TimeProvider time,
    ILogger<StoreFlusher> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FullPause = TimeSpan.FromSeconds(5);

    private long _flushedLogBytes;
    private long _flushedAt = time.GetTimestamp();
    private ulong _flushedIndex;

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
            bool isMuch = log.Bytes - _flushedLogBytes >= flushLogBytes;
            bool isLong = time.GetElapsedTime(_flushedAt) >= interval && store.AppliedIndex > _flushedIndex;
            if (isMuch || isLong)
            {
                bool flushed = await TryFlushAsync().ConfigureAwait(false);
                if (!flushed)
                {
                    await Task.Delay(FullPause, time, cancellation).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>False when there is no room for it: the log keeps what the store could not put down.</summary>
    public async Task<bool> TryFlushAsync()
    {
        try
        {
            await FlushAsync().ConfigureAwait(false);
            return true;
        }
        catch (DfsException error) when (error.Code == ErrorCode.OutOfSpace)
        {
            FlushPutOff(error.Message);
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Full)
        {
            FlushPutOff(error.Message);
        }

        return false;
    }

    private async Task FlushAsync()
    {
        long logBytes = log.Bytes;
        ulong flushed = await store.FlushAsync().ConfigureAwait(false);
        await log.TrimAsync(flushed).ConfigureAwait(false);
        _flushedLogBytes = logBytes;
        _flushedAt = time.GetTimestamp();
        _flushedIndex = flushed;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store was not flushed for lack of space: {Reason}")]
    private partial void FlushPutOff(string reason);
}
