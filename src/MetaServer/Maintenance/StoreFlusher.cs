using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Flushes the store after so much log, or so much time, and cuts the log below the index read back from the flushed files; so a restart
/// replays a bounded log, and nothing leaves the log that a crash could take from the store. Not a worker: a failed flush is never tried
/// again, it ends the node. Only a full disk is waited for.
/// </summary>
internal sealed partial class StoreFlusher(
    IStateStore store, CommandLog log, Proposer proposer, long flushLogBytes, TimeSpan interval, TimeProvider time,
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
            bool isMuch = proposer.LogBytes - _flushedLogBytes >= flushLogBytes;
            bool isLong = time.GetElapsedTime(_flushedAt) >= interval && store.AppliedIndex > _flushedIndex;
            if (isMuch || isLong)
            {
                await TryFlushAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    public async Task FlushAsync()
    {
        long logBytes = proposer.LogBytes;
        ulong flushed = await store.FlushAsync().ConfigureAwait(false);
        await log.TrimAsync(flushed).ConfigureAwait(false);
        _flushedLogBytes = logBytes;
        _flushedAt = time.GetTimestamp();
        _flushedIndex = flushed;
    }

    private async Task TryFlushAsync(CancellationToken cancellation)
    {
        try
        {
            await FlushAsync().ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code == ErrorCode.OutOfSpace)
        {
            FlushPutOff(error.Message, FullPause);
            await Task.Delay(FullPause, time, cancellation).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store could not be flushed: {Reason}; tried again in {Pause}")]
    private partial void FlushPutOff(string reason, TimeSpan pause);
}
