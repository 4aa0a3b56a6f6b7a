using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Checkers;

/// <summary>
/// The tables agree with each other: every slice lies within a sealed chunk that is there and has replicas, and every count stands for
/// what is counted.
/// </summary>
internal sealed class TablesAgree : IFinalChecker
{
    public string Name => "tables agree";

    public Task<IReadOnlyList<string>> CheckAsync(World world)
    {
        var store = world.Meta.Store;
        var wrong = new List<string>();
        var live = new SortedDictionary<ulong, (ulong Bytes, uint References)>();
        ulong logical = 0;
        foreach (var (key, map) in store.Scan(Keys.Table<MapRecord>(Keys.MapTable)))
        {
            logical += map.Length;
            CheckMap(store, new MapId(Keys.IdAt(key, 0)), map, live, wrong);
        }

        foreach (var (chunk, record) in StateReader.Chunks(store, default))
        {
            var found = live.GetValueOrDefault(chunk.Value);
            var rows = StateReader.Replicas(store, chunk);
            if ((record.LiveBytes, record.References) != found)
            {
                wrong.Add($"chunk {chunk} counts {record.LiveBytes} bytes in {record.References} slices; slices have {found}");
            }

            if (record.Replicas != rows.Count(row => !row.Record.Leaving) || record.Replicas == 0)
            {
                wrong.Add($"chunk {chunk} counts {record.Replicas} replicas and has {rows.Count} rows");
            }
        }

        CheckInodes(store, logical, wrong);
        return Task.FromResult<IReadOnlyList<string>>(wrong);
    }

    private static void CheckMap(
        IStateReads store, MapId id, MapRecord map, SortedDictionary<ulong, (ulong Bytes, uint References)> live, List<string> wrong)
    {
        ulong end = 0;
        ulong slices = 0;
        foreach (var (key, slice) in store.Scan(Keys.SlicesFrom(id, 0)))
        {
            ulong offset = Keys.IdAt(key, 1);
            slices++;
            var chunk = StateReader.Chunk(store, new ChunkId(slice.ChunkId));
            if (chunk is not { State: ChunkState.Sealed } || slice.ChunkOffset + slice.Length > chunk.CommittedLength)
            {
                wrong.Add($"map {id} refers to [{slice.ChunkOffset}, +{slice.Length}) of chunk {slice.ChunkId}, which is {chunk}");
            }

            if (offset < end || offset + slice.Length > map.Length)
            {
                wrong.Add($"map {id} of length {map.Length} has a slice at {offset}+{slice.Length} behind one that ends at {end}");
            }

            if (!store.Has(Keys.ChunkReference(new ChunkId(slice.ChunkId), id, offset)))
            {
                wrong.Add($"map {id} refers to chunk {slice.ChunkId} at {offset} without a reference row");
            }

            end = offset + slice.Length;
            var sum = live.GetValueOrDefault(slice.ChunkId);
            live[slice.ChunkId] = (sum.Bytes + slice.Length, sum.References + 1);
        }

        if (slices != map.Slices)
        {
            wrong.Add($"map {id} counts {map.Slices} slices and has {slices}");
        }
    }

    private static void CheckInodes(IStateReads store, ulong logical, List<string> wrong)
    {
        var counters = StateReader.Counters(store);
        var entries = store.Scan(Keys.Table<DirentRecord>(Keys.DirentTable)).ToList();
        var inodes = store.Scan(Keys.Table<InodeRecord>(Keys.InodeTable)).ToList();
        ulong files = (ulong)inodes.Count(row => row.Record.Kind == FileKind.File);
        ulong directories = (ulong)inodes.Count(row => row.Record.Kind == FileKind.Directory);
        if (counters.Files != files || counters.Directories != directories || counters.LogicalBytes != logical)
        {
            wrong.Add($"{counters} are counted; there are {files} files, {directories} directories and {logical} bytes");
        }

        var perDirectory = entries.CountBy(row => Keys.IdAt(row.Key, 0)).ToDictionary();
        var named = entries.CountBy(row => row.Record.Inode).ToDictionary();
        foreach (var (key, inode) in inodes)
        {
            ulong id = Keys.IdAt(key, 0);
            if (inode.Kind == FileKind.Directory && inode.Entries != (ulong)perDirectory.GetValueOrDefault(id))
            {
                wrong.Add($"directory {id} counts {inode.Entries} entries and has {perDirectory.GetValueOrDefault(id)}");
            }

            if (inode.Kind == FileKind.File && (inode.Links != named.GetValueOrDefault(id) || inode.Links == 0))
            {
                wrong.Add($"file {id} counts {inode.Links} names and has {named.GetValueOrDefault(id)}");
            }
        }
    }
}
