using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.State;

/// <summary>Facts of the state by id and by enumeration, for services and for the soft state of a new leader.</summary>
internal static class StateReader
{
    /// <summary>Null before the first entry of the log.</summary>
    public static ClusterRecord? Cluster(IStateReads reads) => throw new NotSupportedException();

    public static CountersRecord Counters(IStateReads reads) => throw new NotSupportedException();

    public static ChunkRecord? Chunk(IStateReads reads, ChunkId chunk) => throw new NotSupportedException();

    public static SessionRecord? Session(IStateReads reads, SessionId session) => throw new NotSupportedException();

    public static ServerRecord? Server(IStateReads reads, ServerId server) => throw new NotSupportedException();

    /// <summary>The kept result of a call, or null.</summary>
    public static CommandResult? Result(IStateReads reads, SessionId session, ulong sequence) => throw new NotSupportedException();

    public static IEnumerable<(SessionId Session, SessionRecord Record)> Sessions(IStateReads reads) => throw new NotSupportedException();

    public static IEnumerable<(ServerId Server, ServerRecord Record)> Servers(IStateReads reads) => throw new NotSupportedException();

    public static IEnumerable<ChunkId> OwnedChunks(IStateReads reads, SessionId session) => throw new NotSupportedException();

    /// <summary>All chunks with greater ids, in order.</summary>
    public static IEnumerable<(ChunkId Chunk, ChunkRecord Record)> Chunks(IStateReads reads, ChunkId after) => throw new NotSupportedException();

    /// <summary>The rows of one chunk, leaving ones included, in order of server.</summary>
    public static IReadOnlyList<(ServerId Server, ReplicaRecord Record)> Replicas(IStateReads reads, ChunkId chunk) => throw new NotSupportedException();

    /// <summary>A server's rows with greater chunk ids, leaving ones included, in order of chunk: what its report is compared with.</summary>
    public static IEnumerable<(ChunkId Chunk, ReplicaRecord Record)> ReplicasOf(IStateReads reads, ServerId server, ChunkId after) =>
        throw new NotSupportedException();

    /// <summary>Removals that are committed and not confirmed, in order of chunk.</summary>
    public static IEnumerable<(ChunkId Chunk, Generation Generation)> Leaving(IStateReads reads, ServerId server) => throw new NotSupportedException();

    /// <summary>Chunks that nobody owns or refers to.</summary>
    public static IEnumerable<ChunkId> UnreferencedChunks(IStateReads reads) => throw new NotSupportedException();

    public static IEnumerable<MapId> DetachedMaps(IStateReads reads) => throw new NotSupportedException();

    public static IEnumerable<InodeId> Orphans(IStateReads reads) => throw new NotSupportedException();
}
