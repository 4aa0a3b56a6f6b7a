using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.Hosting.Nodes;

/// <summary>Makes a metadata server's data directory on this machine from a backup.</summary>
public static class MetaRestoration
{
    /// <param name="backup">At its beginning.</param>
    /// <param name="data">A directory that is empty, or is not there.</param>
    /// <param name="address">host:port at which others will reach the server.</param>
    /// <param name="seen">The newest incarnation that any chunk server knows; 0 where none was asked.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Task<(BackupHeader Header, ulong Incarnation)> RunAsync(
        Stream backup, string data, string address, ulong seen, CancellationToken cancellation)
    {
#pragma warning disable RS0030 // composition root: here the machine's clock and randomness enter
        var restoration = new Restoration(
            new LocalDisk(data), new RocksDbStateStores(data, new RocksDbStateStoreOptions()), TimeProvider.System, Random.Shared);
#pragma warning restore RS0030
        return restoration.RunAsync(backup, address, seen, cancellation);
    }
}
