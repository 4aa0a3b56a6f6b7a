using DfsNet.ChunkServer.Chunks;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// A replica that is good is let go only when as many others as are wanted are on disks: looked at as the record is changed, on the disks
/// themselves. The server whose disks go bad is left out of it: what it has nobody can know before it is read.
/// </summary>
internal sealed class NeverBelowTheFloor : IWatcher
{
    private const string Name = "never below the floor by our own hand";

    private World? _world;
    private ulong _seen;

    public void Watch(World world)
    {
        _world = world;
        foreach (var meta in world.Metas)
        {
            meta.Applying += (index, changes) => See(meta.Store, index, changes);
        }
    }

    private void See(IStateReads before, ulong index, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes)
    {
        if (index <= _seen)
        {
            return;
        }

        _seen = index;
        var leaving = changes.Where(change => change.Key[0] == Keys.ReplicaTable && change.Value is not null)
            .Where(change => Records.Decode<ReplicaRecord>(change.Value!).Leaving)
            .Select(change => (Chunk: new ChunkId(Keys.IdAt(change.Key, 0)), Server: new ServerId(Keys.IdAt(change.Key, 1)))).ToList();
        foreach (var (chunk, server) in leaving)
        {
            bool isRemoved = changes.Any(change => change.Value is null && change.Key.AsSpan().SequenceEqual(Keys.Chunk(chunk).Bytes));
            if (!isRemoved && before.Get(Keys.Chunk(chunk)) is { State: ChunkState.Sealed } record && ChunkStanding.Holds(record))
            {
                Check(before, chunk, record, server, [.. leaving.Where(pair => pair.Chunk == chunk).Select(pair => pair.Server)]);
            }
        }
    }

    private void Check(IStateReads before, ChunkId chunk, ChunkRecord record, ServerId dropped, HashSet<ServerId> leaving)
    {
        var rows = StateReader.Replicas(before, chunk).Where(row => !row.Record.Leaving).ToList();
        if (!rows.Exists(row => row.Server == dropped) || IsVictim(before, dropped) || !IsThere(before, chunk, dropped))
        {
            return;
        }

        int others = rows.Count(row => !leaving.Contains(row.Server) && IsThere(before, chunk, row.Server));
        if (others < record.Replication)
        {
            _world!.Violate(
                Name, $"chunk {chunk} was let go on server {dropped}; {others} others have it, {record.Replication} are wanted");
        }
    }

    private bool IsThere(IStateReads before, ChunkId chunk, ServerId server) =>
        IsVictim(before, server) || MachineOf(before, server).Disks.Any(disk => disk.Disk.Images.Exists(ChunkPath.File(chunk)));

    private bool IsVictim(IStateReads before, ServerId server) => MachineOf(before, server) == _world!.Victim;

    private ChunkMachine MachineOf(IStateReads before, ServerId server)
    {
        string? address = StateReader.Server(before, server)?.Address;
        return _world!.Servers.Single(machine => machine.Address == address);
    }
}
