using DfsNet.Integrity;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.State;

/// <summary>Counts everything again and compares it with the counters, the reference counts and the indexes that apply maintains.</summary>
internal static class StateAudit
{
    public static void Check(IStateReads state)
    {
        if (state.Get(Keys.Cluster) is null)
        {
            return;
        }

        var inodes = Rows<InodeRecord>(state, Keys.InodeTable).ToDictionary(row => Keys.IdAt(row.Key, 0), row => row.Record);
        CheckNames(state, inodes);
        CheckMaps(state, inodes);
        CheckChunks(state);
        CheckReplicas(state);
        CheckSessions(state, inodes);
        CheckCounters(state, inodes);
    }

    private static void CheckNames(IStateReads state, Dictionary<ulong, InodeRecord> inodes)
    {
        var entries = new Dictionary<ulong, ulong>();
        var links = new Dictionary<ulong, uint>();
        foreach (var (key, entry) in Rows<DirentRecord>(state, Keys.DirentTable))
        {
            ulong directory = Keys.IdAt(key, 0);
            entries[directory] = entries.GetValueOrDefault(directory) + 1;
            links[entry.Inode] = links.GetValueOrDefault(entry.Inode) + 1;
            Same(inodes[entry.Inode].Kind, entry.Kind, $"kind of inode {entry.Inode}");
            Same(FileKind.Directory, inodes[directory].Kind, $"inode {directory} has entries");
            var parent = Keys.Parent(new InodeId(entry.Inode), new InodeId(directory), Keys.NameIn(key, 1));
            Yes(state.Has(parent), $"the parent row of inode {entry.Inode}");
        }

        Same(entries.Values.Aggregate(0ul, (sum, n) => sum + n), (ulong)Rows<MarkerRecord>(state, Keys.ParentTable).Count(), "parent rows");
        var orphans = StateReader.Orphans(state).Select(inode => inode.Value).ToHashSet();
        foreach (var (inode, record) in inodes)
        {
            Same(record.Kind == FileKind.Directory ? entries.GetValueOrDefault(inode) : 0, record.Entries, $"entries of inode {inode}");
            Same(inode == InodeId.Root.Value ? 1 : links.GetValueOrDefault(inode), record.Links, $"links of inode {inode}");
            Same(record.Links == 0 && record.StagedBy == 0, orphans.Contains(inode), $"inode {inode} is an orphan");
            Yes(record.Links == 0 || record.StagedBy == 0, $"inode {inode} is staged or named");
        }

        Yes(orphans.All(inodes.ContainsKey), "orphans exist");
    }

    private static void CheckMaps(IStateReads state, Dictionary<ulong, InodeRecord> inodes)
    {
        var maps = Rows<MapRecord>(state, Keys.MapTable).ToDictionary(row => Keys.IdAt(row.Key, 0), row => row.Record);
        var detached = Rows<DetachedRecord>(state, Keys.DetachedTable).ToDictionary(row => Keys.IdAt(row.Key, 0), row => row.Record);
        var files = inodes.Values.Where(inode => inode.Kind == FileKind.File).Select(inode => inode.MapId).ToList();
        Yes(files.Order().SequenceEqual(maps.Keys.Order()), "each map belongs to one file");
        var slices = new Dictionary<ulong, ulong>();
        (ulong Map, ulong End) last = default;
        foreach (var (key, slice) in Rows<SliceRecord>(state, Keys.SliceTable))
        {
            ulong map = Keys.IdAt(key, 0);
            ulong start = Keys.IdAt(key, 1);
            slices[map] = slices.GetValueOrDefault(map) + 1;
            Yes(slice.Length > 0 && (last.Map != map || last.End <= start), $"slices of map {map} lie side by side at {start}");
            last = (map, start + slice.Length);
            Yes(detached.ContainsKey(map) || last.End <= maps[map].Length, $"map {map} is as long as its slices");
            Yes(detached.ContainsKey(map) ? start >= detached[map].NextOffset : true, $"what is left of map {map}");
            var reference = Keys.ChunkReference(new ChunkId(slice.ChunkId), new MapId(map), start);
            Yes(state.Has(reference), $"the reference of map {map} at {start}");
        }

        foreach (var (map, record) in maps)
        {
            Same(slices.GetValueOrDefault(map), record.Slices, $"slices of map {map}");
        }

        foreach (var (map, record) in detached)
        {
            Same(slices.GetValueOrDefault(map), record.Slices, $"slices of detached map {map}");
        }

        Yes(slices.Keys.All(map => maps.ContainsKey(map) || detached.ContainsKey(map)), "slices belong to maps");
    }

    private static void CheckChunks(IStateReads state)
    {
        var live = new Dictionary<ulong, (uint References, ulong Bytes)>();
        foreach (var (_, slice) in Rows<SliceRecord>(state, Keys.SliceTable))
        {
            var (references, bytes) = live.GetValueOrDefault(slice.ChunkId);
            live[slice.ChunkId] = (references + 1, bytes + slice.Length);
            var chunk = state.Require(Keys.Chunk(new ChunkId(slice.ChunkId)));
            Yes(slice.ChunkOffset + slice.Length <= chunk.CommittedLength, $"chunk {slice.ChunkId}: slices are committed");
        }

        Same(live.Values.Sum(count => count.References), Rows<MarkerRecord>(state, Keys.ChunkReferenceTable).Count(), "reference rows");
        var unreferenced = StateReader.UnreferencedChunks(state).ToHashSet();
        foreach (var (chunk, record) in StateReader.Chunks(state, default))
        {
            Same(live.GetValueOrDefault(chunk.Value), (record.References, record.LiveBytes), $"references and live bytes of chunk {chunk}");
            Same(record.References == 0 && record.Owner == 0, unreferenced.Remove(chunk), $"chunk {chunk} is unreferenced");
            Yes(record.State == ChunkState.Sealed || record.Owner != 0, $"chunk {chunk}: an open one has an owner");
            Yes(record.State == ChunkState.Open || record.CommittedLength > 0, $"chunk {chunk}: a sealed one is not empty");
            uint present = (uint)StateReader.Replicas(state, chunk).Count(row => !row.Record.Leaving);
            Same(present, record.Replicas, $"replicas of chunk {chunk}");
        }

        Yes(unreferenced.Count == 0, "unreferenced chunks exist");
    }

    private static void CheckReplicas(IStateReads state)
    {
        var rows = new Dictionary<ulong, ulong>();
        foreach (var (key, row) in Rows<ReplicaRecord>(state, Keys.ReplicaTable))
        {
            var chunk = new ChunkId(Keys.IdAt(key, 0));
            var server = new ServerId(Keys.IdAt(key, 1));
            rows[server.Value] = rows.GetValueOrDefault(server.Value) + 1;
            Yes(state.Has(Keys.ServerReplica(server, chunk)), $"the index row of chunk {chunk} on server {server}");
            bool leaves = state.Get(Keys.Leaving(server, chunk))?.Generation == row.Generation;
            Same(row.Leaving, leaves, $"chunk {chunk} leaves server {server}");
            Yes(row.Leaving || state.Has(Keys.Chunk(chunk)), $"chunk {chunk}, which has a replica, exists");
        }

        ulong indexed = (ulong)Rows<MarkerRecord>(state, Keys.ServerReplicaTable).Count();
        Same(rows.Values.Aggregate(0ul, (sum, n) => sum + n), indexed, "index rows");
        int leaving = Rows<ReplicaRecord>(state, Keys.ReplicaTable).Count(row => row.Record.Leaving);
        Same(leaving, Rows<LeavingRecord>(state, Keys.LeavingTable).Count(), "leaving rows");
        foreach (var (server, record) in StateReader.Servers(state))
        {
            Same(rows.GetValueOrDefault(server.Value), record.Replicas, $"replicas of server {server}");
        }
    }

    private static void CheckSessions(IStateReads state, Dictionary<ulong, InodeRecord> inodes)
    {
        var chunks = StateReader.Chunks(state, default).Where(row => row.Record.Owner != 0).ToList();
        foreach (var (session, record) in StateReader.Sessions(state))
        {
            var owned = chunks.Where(row => row.Record.Owner == session.Value).ToList();
            Yes(owned.Select(row => row.Chunk).SequenceEqual(StateReader.OwnedChunks(state, session)), $"chunks of session {session}");
            Same((uint)owned.Count, record.OwnedChunks, $"owned chunks of session {session}");
            Same((uint)owned.Count(row => row.Record.State == ChunkState.Open), record.OpenChunks, $"open chunks of session {session}");
            Same((uint)state.Scan(Keys.SessionResultsFrom(session, 0)).Count(), record.Results, $"results of session {session}");
            var staged = inodes.Where(row => row.Value.StagedBy == session.Value).Select(row => row.Key).Order().ToList();
            var rows = state.Scan(Keys.StagedFiles(session)).Select(row => Keys.IdAt(row.Key, 1)).ToList();
            Yes(staged.SequenceEqual(rows), $"staged files of session {session}");
            Same((uint)staged.Count, record.StagedFiles, $"count of staged files of session {session}");
            Same(session.Value, state.Require(Keys.SessionNonce(record.Nonce)).Id, $"nonce of session {session}");
        }

        var sessions = StateReader.Sessions(state).Select(row => row.Session.Value).ToHashSet();
        Yes(chunks.All(row => sessions.Contains(row.Record.Owner)), "owners are sessions");
        Yes(inodes.Values.All(inode => inode.StagedBy == 0 || sessions.Contains(inode.StagedBy)), "who stages is a session");
        Same(chunks.Count, Rows<MarkerRecord>(state, Keys.OwnedChunkTable).Count(), "owned rows");
    }

    private static void CheckCounters(IStateReads state, Dictionary<ulong, InodeRecord> inodes)
    {
        var counters = StateReader.Counters(state);
        ulong bytes = 0;
        foreach (var (_, map) in Rows<MapRecord>(state, Keys.MapTable))
        {
            bytes += map.Length;
        }

        var chunks = StateReader.Chunks(state, default).ToList();
        Same((ulong)inodes.Values.Count(inode => inode.Kind == FileKind.File && inode.Links > 0), counters.Files, "files");
        Same((ulong)inodes.Values.Count(inode => inode.Kind == FileKind.Directory), counters.Directories, "directories");
        Same((ulong)chunks.Count, counters.Chunks, "chunks");
        Same((ulong)chunks.Count(row => row.Record.State == ChunkState.Open), counters.OpenChunks, "open chunks");
        Same(bytes, counters.LogicalBytes, "logical bytes");
        Same((ulong)StateReader.Sessions(state).Count(), counters.Sessions, "sessions");
    }

    private static IEnumerable<(byte[] Key, TRecord Record)> Rows<TRecord>(IStateReads state, byte table)
        where TRecord : class, Google.Protobuf.IMessage<TRecord>, new() => state.Scan(Keys.Table<TRecord>(table));

    private static void Same<T>(T expected, T found, string what) =>
        Invariant.Require(EqualityComparer<T>.Default.Equals(expected, found), $"{what}: counted {expected}, recorded {found}");

    private static void Yes(bool holds, string what) => Invariant.Require(holds, what);
}
