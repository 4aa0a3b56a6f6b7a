using DfsNet.Consensus;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.State;

/// <summary>Facts of the state by id and by enumeration, for services and for the soft state of a new leader.</summary>
internal static class StateReader
{
    /// <summary>Null before the first entry of the log.</summary>
    public static ClusterRecord? Cluster(IStateReads reads) => reads.Get(Keys.Cluster);

    public static HistoryRecord History(IStateReads reads) => reads.Get(Keys.History) ?? new HistoryRecord();

    /// <summary>The members as of the applied entry; empty before the first entry of the log.</summary>
    public static Membership Members(IStateReads reads) =>
        reads.Get(Keys.Membership) is { } stored
            ? Membership.TryDecode(stored)
                ?? throw new DfsException(
                    ErrorCode.Unsupported, "state store", "its list of members is of a format that this program does not know")
            : Membership.Empty;

    /// <summary>The data directory that a metadata node is known by; 0 while none is.</summary>
    public static ulong DirectoryOf(IStateReads reads, MemberId member) => reads.Get(Keys.Member(member.Value))?.DirectoryId ?? 0;

    public static CountersRecord Counters(IStateReads reads) => reads.Get(Keys.Counters) ?? new CountersRecord();

    public static ChunkRecord? Chunk(IStateReads reads, ChunkId chunk) => reads.Get(Keys.Chunk(chunk));

    public static SessionRecord? Session(IStateReads reads, SessionId session) => reads.Get(Keys.Session(session));

    public static ServerRecord? Server(IStateReads reads, ServerId server) => reads.Get(Keys.Server(server));

    /// <summary>The kept result of a call, or null.</summary>
    public static CommandResult? Result(IStateReads reads, SessionId session, ulong sequence) =>
        reads.Get(Keys.SessionResult(session, sequence));

    public static IEnumerable<(SessionId Session, SessionRecord Record)> Sessions(IStateReads reads) =>
        reads.Scan(Keys.Table<SessionRecord>(Keys.SessionTable)).Select(row => (new SessionId(Keys.IdAt(row.Key, 0)), row.Record));

    public static IEnumerable<(ServerId Server, ServerRecord Record)> Servers(IStateReads reads) =>
        reads.Scan(Keys.Table<ServerRecord>(Keys.ServerTable)).Select(row => (new ServerId(Keys.IdAt(row.Key, 0)), row.Record));

    public static IEnumerable<ChunkId> OwnedChunks(IStateReads reads, SessionId session) =>
        reads.Scan(Keys.OwnedChunks(session)).Select(row => new ChunkId(Keys.IdAt(row.Key, 1)));

    public static IEnumerable<(InodeId Inode, InodeRecord Record)> Inodes(IStateReads reads) =>
        reads.Scan(Keys.Table<InodeRecord>(Keys.InodeTable)).Select(row => (new InodeId(Keys.IdAt(row.Key, 0)), row.Record));

    /// <summary>The maps that refer to a chunk; one for each slice.</summary>
    public static IEnumerable<MapId> MapsOf(IStateReads reads, ChunkId chunk) =>
        reads.Scan(Keys.ChunkReferences(chunk)).Select(row => new MapId(Keys.IdAt(row.Key, 1)));

    /// <summary>All chunks with greater ids, in order.</summary>
    public static IEnumerable<(ChunkId Chunk, ChunkRecord Record)> Chunks(IStateReads reads, ChunkId after) =>
        reads.Scan(Keys.ChunksAfter(after)).Select(row => (new ChunkId(Keys.IdAt(row.Key, 0)), row.Record));

    /// <summary>The rows of one chunk, leaving ones included, in order of server.</summary>
    public static IReadOnlyList<(ServerId Server, ReplicaRecord Record)> Replicas(IStateReads reads, ChunkId chunk) =>
        reads.Scan(Keys.Replicas(chunk)).Select(row => (new ServerId(Keys.IdAt(row.Key, 1)), row.Record)).ToList();

    /// <summary>A server's rows with greater chunk ids, leaving ones included, in order: what its report is compared with.</summary>
    public static IEnumerable<(ChunkId Chunk, ReplicaRecord Record)> ReplicasOf(IStateReads reads, ServerId server, ChunkId after)
    {
        foreach (var (key, _) in reads.Scan(Keys.ServerReplicas(server, after)))
        {
            var chunk = new ChunkId(Keys.IdAt(key, 1));
            yield return (chunk, reads.Require(Keys.Replica(chunk, server)));
        }
    }

    /// <summary>Removals that are committed and not confirmed, in order of chunk.</summary>
    public static IEnumerable<(ChunkId Chunk, Generation Generation)> Leaving(IStateReads reads, ServerId server) =>
        reads.Scan(Keys.LeavingOf(server)).Select(row => (new ChunkId(Keys.IdAt(row.Key, 1)), new Generation(row.Record.Generation)));

    /// <summary>Chunks that nobody owns or refers to.</summary>
    public static IEnumerable<ChunkId> UnreferencedChunks(IStateReads reads) =>
        reads.Scan(Keys.Table<MarkerRecord>(Keys.UnreferencedTable)).Select(row => new ChunkId(Keys.IdAt(row.Key, 0)));

    public static IEnumerable<MapId> DetachedMaps(IStateReads reads) =>
        reads.Scan(Keys.Table<DetachedRecord>(Keys.DetachedTable)).Select(row => new MapId(Keys.IdAt(row.Key, 0)));

    public static IEnumerable<InodeId> Orphans(IStateReads reads) =>
        reads.Scan(Keys.Table<MarkerRecord>(Keys.OrphanTable)).Select(row => new InodeId(Keys.IdAt(row.Key, 0)));
}
