using System.Buffers.Binary;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// The data directory of one metadata node: taken by one process, named by its identity, with the term it last led. A directory that lost
/// a part of itself is refused, never taken for a new one.
/// </summary>
internal sealed class DataDirectory : IAsyncDisposable
{
    private const string LockFile = "lock";
    private const string TermFile = "term";

    private readonly IDisk _disk;
    private readonly IAsyncDisposable _taken;

    private DataDirectory(IDisk disk, IAsyncDisposable taken, NodeIdentity identity)
    {
        _disk = disk;
        _taken = taken;
        Identity = identity;
    }

    public NodeIdentity Identity { get; private set; }

    public static async Task<DataDirectory> OpenAsync(IDisk disk, uint nodeId, Random random)
    {
        IAsyncDisposable taken;
        try
        {
            taken = await disk.LockAsync(LockFile).ConfigureAwait(false);
        }
        catch (DiskException error) when (error.Failure == DiskFailure.Locked)
        {
            throw new DfsException(
                ErrorCode.Refused, "meta-server: lock", $"another process uses {disk.Location}; stop it, or give another --data", error);
        }

        try
        {
            var identity = await ReadIdentityAsync(disk).ConfigureAwait(false);
            if (identity is null)
            {
                await RequireEmptyAsync(disk).ConfigureAwait(false);
                identity = new NodeIdentity(new ClusterId(DrawId(random)), nodeId, Incarnation: 1, Bootstrapped: false);
                await AtomicFile.WriteAsync(disk, NodeIdentity.FileName, identity.Encode()).ConfigureAwait(false);
            }

            return identity.NodeId == nodeId
                ? new DataDirectory(disk, taken, identity)
                : throw new DfsException(
                    ErrorCode.WrongCluster,
                    "meta-server: identity",
                    $"{disk.Location} belongs to metadata node {identity.NodeId}, not {nodeId}; give another --data");
        }
        catch
        {
            await taken.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The log's first entry is durable: from now on an empty log or store is damage.</summary>
    public async Task SetBootstrappedAsync()
    {
        Identity = Identity with { Bootstrapped = true };
        await AtomicFile.WriteAsync(_disk, NodeIdentity.FileName, Identity.Encode()).ConfigureAwait(false);
    }

    /// <summary>Begins a term higher than any before it; durable when the task ends, so that no two leaders share one.</summary>
    public async Task<ulong> BeginTermAsync(ulong newestInLog)
    {
        byte[]? stored = await ReadAsync(_disk, TermFile).ConfigureAwait(false);
        if (stored is not null && stored.Length != sizeof(ulong))
        {
            throw new DfsException(
                ErrorCode.Corrupt, "meta-server: term", $"{TermFile} has {stored.Length} bytes instead of {sizeof(ulong)}");
        }

        ulong term = Math.Max(stored is null ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(stored), newestInLog) + 1;
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, term);
        await AtomicFile.WriteAsync(_disk, TermFile, bytes).ConfigureAwait(false);
        return term;
    }

    public ValueTask DisposeAsync() => _taken.DisposeAsync();

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

    private static ulong DrawId(Random random)
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
