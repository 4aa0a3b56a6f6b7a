using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Cluster;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Takes a backup of the metadata into the file system itself every interval, keeps the newest few, and raises an alarm while it cannot.
/// </summary>
internal sealed partial class BackupKeeper(
    OpenBackupShelf openShelf,
    BackupSource source,
    BackupHorizon horizon,
    Func<IReadOnlyList<string>> metaAddresses,
    MetaServerOptions options,
    Alarms alarms,
    TickCounter ticks,
    TimeProvider time,
    ILogger<BackupKeeper> log) : IWorker
{
    private const string Subject = "backup";

    // After a failure; servers that are just starting are there by then.
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly long _began = ticks.Now;
    private long _due = ticks.Now;
    private long? _taken;
    private string _status = "none was looked for yet";

    public string Name => "back up the metadata";

    public string Status => _status;

    private TimeSpan Retry => options.BackupInterval < RetryPause ? options.BackupInterval : RetryPause;

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        if (options.BackupInterval == TimeSpan.Zero)
        {
            _status = "off";
            return WorkResult.Done;
        }

        if (ticks.Now < _due)
        {
            return WorkResult.Idle;
        }

        try
        {
            await TendAsync(cancellation).ConfigureAwait(false);
            alarms.Clear(Subject);
        }
        catch (DfsException error)
        {
            _due = ticks.Now + ticks.Of(Retry);
            alarms.Raise(Subject, $"the metadata could not be backed up into the file system: {error.Message}");
        }

        return WorkResult.Idle;
    }

    public Task WaitForWorkAsync(CancellationToken cancellation) => Task.Delay(Look, time, cancellation);

    private async Task TendAsync(CancellationToken cancellation)
    {
        var shelf = await openShelf(metaAddresses(), cancellation).ConfigureAwait(false);
        await using (shelf.ConfigureAwait(false))
        {
            var kept = await shelf.ListAsync(cancellation).ConfigureAwait(false);
            var wait = WaitAfter(kept);
            if (wait > TimeSpan.Zero)
            {
                Note(kept, wait);
                return;
            }

            // What failed before must not pile up with each new attempt.
            await shelf.RemoveBeforeAsync(kept.FirstOrDefault(), cancellation).ConfigureAwait(false);
            var name = await shelf.StoreAsync(source.WriteAsync, cancellation).ConfigureAwait(false);
            _taken = ticks.Now;
            Taken(name);
            kept = [.. kept.Append(name).TakeLast(options.BackupsKept)];
            await shelf.RemoveBeforeAsync(kept[0], cancellation).ConfigureAwait(false);
            Note(kept, options.BackupInterval);
        }
    }

    /// <summary>
    /// By the stamp of the newest one, that a new leader goes on where the last one was, and at the latest an interval after this leader
    /// began or took one: a clock that was set back puts nothing off.
    /// </summary>
    private TimeSpan WaitAfter(IReadOnlyList<BackupName> kept)
    {
        var own = options.BackupInterval - ticks.SpanOf(ticks.Now - (_taken ?? _began));
        if (kept.Count == 0)
        {
            return own;
        }

        var stamped = kept[^1].Taken + options.BackupInterval - time.GetUtcNow();
        return stamped < own ? stamped : own;
    }

    private void Note(IReadOnlyList<BackupName> kept, TimeSpan wait)
    {
        _due = ticks.Now + ticks.Of(wait);
        _status = kept.Count == 0 ? "none yet" : $"{kept.Count} kept, the newest {kept[^1]}";
        horizon.Note(kept.Count > 0, kept.Count >= options.BackupsKept ? kept[0].Mark : default);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Took the backup {Name} of the metadata into the file system")]
    private partial void Taken(BackupName name);
}
