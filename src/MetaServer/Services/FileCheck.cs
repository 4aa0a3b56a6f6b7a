using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>
/// Looks at every chunk of one snapshot, and names the files that need bytes of chunks that nobody has. The servers' word on their replicas
/// is taken as it is; reading them again is the scrub's work.
/// </summary>
internal sealed class FileCheck(IStateStore store, Proposer proposer, ServerTable servers, BadReplicas bad)
{
    // Others get their turn in between, and whoever waits sees that it goes on.
    private const int PerStep = 2_000;

    // What is lost beyond this many chunks is a catastrophe that needs no list.
    private const int LostMax = 1_000_000;

    private const int FilesPerPiece = 200;
    private const int ChunksNamedMax = 10;

    public async Task RunAsync(Func<CheckFilesPiece, Task> write, CancellationToken cancellation)
    {
        await proposer.ReadBarrierAsync(cancellation).ConfigureAwait(false);
        using var snapshot = store.OpenSnapshot();
        var total = new CheckFilesPiece();
        var lost = await FindLostAsync(snapshot, total, write, cancellation).ConfigureAwait(false);
        var maps = lost.SelectMany(chunk => StateReader.MapsOf(snapshot, chunk)).ToHashSet();
        if (maps.Count > 0)
        {
            await FindFilesAsync(snapshot, lost, maps, total, write, cancellation).ConfigureAwait(false);
        }

        total.Last = true;
        await write(total).ConfigureAwait(false);
    }

    private async Task<HashSet<ChunkId>> FindLostAsync(
        IStateSnapshot snapshot, CheckFilesPiece total, Func<CheckFilesPiece, Task> write, CancellationToken cancellation)
    {
        var lost = new HashSet<ChunkId>();
        var health = servers.Health();
        foreach (var (chunk, record) in StateReader.Chunks(snapshot, default))
        {
            if (++total.Chunks % PerStep == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                await write(total.Clone()).ConfigureAwait(false);
                health = servers.Health();
            }

            if (!ChunkStanding.Holds(record))
            {
                continue;
            }

            var standing = ChunkStanding.Of(chunk, record, StateReader.Replicas(snapshot, chunk), health, bad);
            total.UnderReplicated += standing.Lacks > 0 ? 1UL : 0;
            if (standing.Readable == 0)
            {
                total.Unreadable++;
                if (lost.Count < LostMax)
                {
                    lost.Add(chunk);
                }
            }
        }

        return lost;
    }

    private static async Task FindFilesAsync(
        IStateSnapshot snapshot,
        HashSet<ChunkId> lost,
        HashSet<MapId> maps,
        CheckFilesPiece total,
        Func<CheckFilesPiece, Task> write,
        CancellationToken cancellation)
    {
        foreach (var (inode, record) in StateReader.Inodes(snapshot))
        {
            bool isStep = ++total.Inodes % PerStep == 0;
            if (record.Kind == FileKind.File && maps.Contains(new MapId(record.MapId)))
            {
                total.Files.Add(Describe(snapshot, inode, new MapId(record.MapId), lost));
            }

            if (isStep || total.Files.Count >= FilesPerPiece)
            {
                cancellation.ThrowIfCancellationRequested();
                await write(total.Clone()).ConfigureAwait(false);
                total.Files.Clear();
            }
        }
    }

    private static HurtFile Describe(IStateSnapshot snapshot, InodeId inode, MapId map, HashSet<ChunkId> lost)
    {
        var file = new HurtFile
        {
            Path = Google.Protobuf.ByteString.CopyFrom(PathOfInode.Find(snapshot, inode)),
            Inode = inode.Value,
            Length = snapshot.Get(Keys.Map(map))?.Length ?? 0,
        };
        foreach (var (_, slice) in snapshot.Scan(Keys.SlicesFrom(map, 0)))
        {
            if (!lost.Contains(new ChunkId(slice.ChunkId)))
            {
                continue;
            }

            file.LostBytes += slice.Length;
            if (file.ChunkIds.Count < ChunksNamedMax && !file.ChunkIds.Contains(slice.ChunkId))
            {
                file.ChunkIds.Add(slice.ChunkId);
            }
        }

        return file;
    }
}
