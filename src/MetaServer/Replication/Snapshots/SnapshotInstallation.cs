using DfsNet.Consensus;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Replication.Snapshots;

/// <summary>
/// Puts a snapshot into a spare store and a new log behind it, both beside those that count; the directory's identity then says at once
/// that they count. Until then nothing is lost, whenever the power fails.
/// </summary>
internal sealed class SnapshotInstallation(
    IDisk disk, DataDirectory directory, IStateStores stores, StorageBudget budget, TimeProvider time) : IAsyncDisposable
{
    private IStateStore? _spare;

    private NodeIdentity Next => directory.Identity with
    {
        StoreNumber = directory.Identity.StoreNumber + 1,
        LogNumber = directory.Identity.LogNumber + 1,
    };

    /// <summary>Begins with an empty spare store.</summary>
    public async Task BeginAsync()
    {
        await DisposeAsync().ConfigureAwait(false);
        await stores.RemoveAsync(Next.StoreNumber).ConfigureAwait(false);
        _spare = await stores.OpenAsync(Next.StoreNumber).ConfigureAwait(false);
    }

    /// <summary>Rows that follow those already there.</summary>
    public void Put(IEnumerable<SnapshotRow> rows) =>
        _spare!.Apply(0, [.. rows.Select(row => new KeyValuePair<byte[], byte[]?>(row.Key.ToByteArray(), row.Value.ToByteArray()))]);

    /// <summary>All rows are there: they are the state as of <paramref name="point"/> from now on, durably.</summary>
    public async Task InstallAsync(LogPoint point)
    {
        var next = Next;
        _spare!.Apply(point.Index, []);
        await _spare.FlushAsync().ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        await DataDirectory.RemoveLogAsync(disk, next.LogDirectory).ConfigureAwait(false);
        var log = await RaftLog.OpenAsync(
            disk,
            new RaftLogOptions(next.LogDirectory, next.Directory, MustExist: false, budget.SegmentBytes),
            time,
            point,
            CancellationToken.None).ConfigureAwait(false);
        await using (log.ConfigureAwait(false))
        {
            await log.BeginAnewAsync(point).ConfigureAwait(false);
        }

        await directory.ChangeAsync(next).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            await spare.DisposeAsync().ConfigureAwait(false);
        }
    }
}
