using DfsNet.Consensus;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// The data directory of one metadata node: taken by one process, named by its identity. A directory that lost a part of itself is refused,
/// never taken for a new one.
/// </summary>
internal sealed class DataDirectory : IAsyncDisposable
{
    private const string LockFile = "lock";

    private readonly IDisk _disk;
    private readonly IAsyncDisposable _taken;

    private DataDirectory(IDisk disk, IAsyncDisposable taken, NodeIdentity identity)
    {
        _disk = disk;
        _taken = taken;
        Identity = identity;
    }

    public NodeIdentity Identity { get; private set; }

    /// <param name="disk">The directory.</param>
    /// <param name="found">What a new directory is set up as; given the id drawn for it.</param>
    /// <param name="random">Draws that id.</param>
    public static async Task<DataDirectory> OpenAsync(IDisk disk, Func<ulong, NodeIdentity> found, Random random)
    {
        var taken = await TakeAsync(disk).ConfigureAwait(false);
        try
        {
            var identity = await ReadIdentityAsync(disk).ConfigureAwait(false);
            if (identity is null)
            {
                await RequireEmptyAsync(disk).ConfigureAwait(false);
                identity = found(DrawId(random));
                await AtomicFile.WriteAsync(disk, NodeIdentity.FileName, identity.Encode()).ConfigureAwait(false);
            }

            return new DataDirectory(disk, taken, identity);
        }
        catch
        {
            await taken.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes a directory in which nothing is; whoever has it gives it an identity.</summary>
    public static async Task<IAsyncDisposable> TakeEmptyAsync(IDisk disk)
    {
        var taken = await TakeAsync(disk).ConfigureAwait(false);
        bool isEmpty = false;
        try
        {
            if (await ReadIdentityAsync(disk).ConfigureAwait(false) is not null)
            {
                throw new DfsException(
                    ErrorCode.Refused, "meta-server: identity", $"{disk.Location} is the data directory of a metadata server already");
            }

            await RequireEmptyAsync(disk).ConfigureAwait(false);
            isEmpty = true;
            return taken;
        }
        finally
        {
            if (!isEmpty)
            {
                await taken.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>What is known of this directory from now on; durable when the task ends.</summary>
    public async Task ChangeAsync(NodeIdentity identity)
    {
        await AtomicFile.WriteAsync(_disk, NodeIdentity.FileName, identity.Encode()).ConfigureAwait(false);
        Identity = identity;
    }

    /// <summary>Removes the files of a log.</summary>
    public static async Task RemoveLogAsync(IDisk disk, string log)
    {
        if (!await disk.ExistsAsync(log).ConfigureAwait(false))
        {
            return;
        }

        foreach (string name in await disk.ListAsync(log).ConfigureAwait(false))
        {
            await disk.DeleteAsync($"{log}/{name}").ConfigureAwait(false);
        }

        await disk.FlushDirectoryAsync(log).ConfigureAwait(false);
    }

    /// <summary>Removes stores and logs in whose place others stand. A damaged log stays until what it held is here again.</summary>
    public async Task RemoveReplacedAsync(IStateStores stores)
    {
        await stores.RemoveOthersAsync(Identity.StoreNumber).ConfigureAwait(false);
        await RemoveReplacedLogsAsync().ConfigureAwait(false);
    }

    /// <summary>See <see cref="RemoveReplacedAsync"/>.</summary>
    public async Task RemoveReplacedLogsAsync()
    {
        for (uint number = 0; number < Identity.LogNumber && !Identity.IsImpaired; number++)
        {
            await RemoveLogAsync(_disk, NodeIdentity.LogDirectoryOf(number)).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _taken.DisposeAsync();

    private static async Task<IAsyncDisposable> TakeAsync(IDisk disk)
    {
        try
        {
            return await disk.LockAsync(LockFile).ConfigureAwait(false);
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Locked)
        {
            throw new DfsException(
                ErrorCode.Refused, "meta-server: lock", $"another process uses {disk.Location}; stop it, or give another --data", error);
        }
    }

    private static async Task<NodeIdentity?> ReadIdentityAsync(IDisk disk)
    {
        byte[]? bytes = await ReadAsync(disk, NodeIdentity.FileName).ConfigureAwait(false);
        return bytes is null ? null : NodeIdentity.Decode(bytes, disk.Location);
    }

    private static async Task<byte[]?> ReadAsync(IDisk disk, string path)
    {
        try
        {
            return await AtomicFile.ReadAsync(disk, path).ConfigureAwait(false);
        }
        catch (AtomicFileCorruptException error)
        {
            throw new DfsException(ErrorCode.Corrupt, "meta-server: identity", $"{disk.Location}: {error.Message}", error);
        }
    }

    private static async Task RequireEmptyAsync(IDisk disk)
    {
        var names = await disk.ListAsync("").ConfigureAwait(false);
        var foreign = names
            .Where(
                name => name is not (LockFile or "lost+found") && !name.StartsWith('.') && !name.EndsWith(".tmp", StringComparison.Ordinal))
            .Take(5)
            .ToList();
        if (foreign.Count > 0)
        {
            throw new DfsException(
                ErrorCode.Refused,
                "meta-server: identity",
                $"{disk.Location} has no identity but is not empty ({string.Join(", ", foreign)}): not the data directory of a metadata "
                    + $"server, "
                + "or one that lost a part; it is left alone");
        }
    }

    public static ulong DrawId(Random random)
    {
        ulong id;
        do
        {
            id = (ulong)random.NextInt64();
        }
        while (id == 0);
        return id;
    }
}
