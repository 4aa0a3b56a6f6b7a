using DfsNet.MetaServer.Backups;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;

namespace DfsNet.Backups;

/// <summary>What a search came to.</summary>
/// <param name="Backups">Newest first.</param>
/// <param name="WithoutMap">Points of history of which there are chunks, but no map: backups that never became whole, or lost it.</param>
/// <param name="Incarnation">The newest that any server was told.</param>
/// <param name="Silent">Servers that gave no answer, and why.</param>
public sealed record BackupFindings(
    IReadOnlyList<FoundBackup> Backups,
    IReadOnlyList<BackupMark> WithoutMap,
    ulong Incarnation,
    IReadOnlyDictionary<string, DfsException> Silent);

/// <summary>Finds the backups of the metadata that lie on chunk servers, with no metadata server's help.</summary>
public sealed class BackupSearch(IConnections connections, IBulkTransport bulk, TimeProvider time)
{
    /// <param name="chunkServers">host:port of each; the more are asked, the more is found.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="DfsException">WrongCluster: they are not of one cluster.</exception>
    public async Task<BackupFindings> FindAsync(IReadOnlyList<string> chunkServers, CancellationToken cancellation)
    {
        var chunks = new MarkedChunks(connections, bulk, time);
        var silent = new Dictionary<string, DfsException>(StringComparer.Ordinal);
        ulong incarnation = 0;
        foreach (string address in chunkServers)
        {
            try
            {
                incarnation = Math.Max(incarnation, await chunks.AskAsync(address, cancellation).ConfigureAwait(false));
            }
            catch (DfsException error) when (error.Code != ErrorCode.WrongCluster)
            {
                silent[address] = error;
            }
        }

        var found = new List<FoundBackup>();
        var withoutMap = new List<BackupMark>();
        foreach (var backup in chunks.ByMark.OrderByDescending(group => group.Key))
        {
            if (await FindMapAsync(chunks, backup, cancellation).ConfigureAwait(false) is { } map)
            {
                found.Add(new FoundBackup(chunks, map));
            }
            else
            {
                withoutMap.Add(backup.Key);
            }
        }

        return new BackupFindings(found, withoutMap, incarnation, silent);
    }

    // Written last, it stands at the beginning of one of the newest chunks.
    private static async Task<BackupMap?> FindMapAsync(
        MarkedChunks chunks, IGrouping<BackupMark, ulong> backup, CancellationToken cancellation)
    {
        foreach (ulong chunk in backup.OrderDescending())
        {
            try
            {
                var head = await chunks.ReadHeadAsync(chunk, BackupMapFile.HeadBytes, cancellation).ConfigureAwait(false);
                if (BackupMapFile.LengthOf(head.Span) is not { } length)
                {
                    continue;
                }

                BackupMap? map = null;
                await chunks.ReadAsync(chunk, 0, length, bytes => IsOf(backup.Key, map = BackupMapFile.Decode(bytes.Span)), cancellation)
                    .ConfigureAwait(false);
                return map;
            }
            catch (DfsException error) when (error.Code == ErrorCode.DataLoss)
            {
                // Another chunk may hold a map that can be read.
            }
        }

        return null;
    }

    private static bool IsOf(BackupMark mark, BackupMap? map) => map is not null && BackupName.Of(map.Header).Mark == mark;
}
