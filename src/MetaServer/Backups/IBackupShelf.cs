using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Backups;

/// <summary>Where scheduled backups are kept: a seam, because a metadata server knows no client.</summary>
public interface IBackupShelf : IAsyncDisposable
{
    /// <summary>Those that are whole, oldest first.</summary>
    /// <exception cref="DfsException">What kept it from looking.</exception>
    Task<IReadOnlyList<BackupName>> ListAsync(CancellationToken cancellation);

    /// <summary>
    /// Keeps another one, and reads it back: when the task ends it can be restored from, with the metadata and without.
    /// </summary>
    /// <param name="fill">Gives the pieces, one after the other, to what it is given.</param>
    /// <param name="cancellation">Ends it; nothing of it is listed then.</param>
    /// <exception cref="DfsException">What kept it from being kept.</exception>
    Task<BackupName> StoreAsync(
        Func<Func<BackupPiece, CancellationToken, Task>, CancellationToken, Task> fill, CancellationToken cancellation);

    /// <summary>
    /// Removes all that came before <paramref name="oldest"/>, and whatever is not whole: what is left of those that failed. Never a whole
    /// one that is newer, for whoever asks may have slept, and another may lead.
    /// </summary>
    /// <exception cref="DfsException">What kept it from removing them.</exception>
    Task RemoveBeforeAsync(BackupName oldest, CancellationToken cancellation);
}

/// <summary>Opens the shelf in the cluster whose metadata servers are at these addresses, host:port.</summary>
public delegate Task<IBackupShelf> OpenBackupShelf(IReadOnlyList<string> metaAddresses, CancellationToken cancellation);
