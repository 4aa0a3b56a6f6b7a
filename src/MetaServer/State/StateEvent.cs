using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.State;

/// <summary>
/// A change of the state that the leader's soft state follows. After a restart the readers give the same facts by enumeration.
/// </summary>
public abstract record StateEvent;

/// <summary>A new open chunk with its fixed set of replicas.</summary>
public sealed record ChunkAllocated(ChunkId Chunk, Generation Generation, SessionId Owner, IReadOnlyList<ReplicaPlace> Places)
    : StateEvent;

/// <summary>The chunk never changes again.</summary>
public sealed record ChunkSealed(ChunkId Chunk, int Length, uint Digest) : StateEvent;

/// <summary>Another number of replicas is wanted of a chunk.</summary>
public sealed record ChunkWanted(ChunkId Chunk) : StateEvent;

/// <summary>Nobody owns the chunk or refers to it: it may be removed after the grace.</summary>
public sealed record ChunkUnreferenced(ChunkId Chunk) : StateEvent;

/// <summary>A chunk that was unreferenced is referred to or owned again.</summary>
public sealed record ChunkReferenced(ChunkId Chunk) : StateEvent;

/// <summary>The chunk is gone from the record; its replicas are leaving.</summary>
public sealed record ChunkRemoved(ChunkId Chunk) : StateEvent;

/// <summary>The removal of a replica is committed: it may be ordered.</summary>
public sealed record ReplicaLeaving(ServerId Server, ChunkId Chunk, Generation Generation) : StateEvent;

/// <summary>A copy became a replica.</summary>
public sealed record ReplicaAdded(ServerId Server, ChunkId Chunk) : StateEvent;

/// <summary>The server confirmed the removal, or was itself taken out; the row is gone.</summary>
public sealed record ReplicaGone(ServerId Server, ChunkId Chunk, Generation Generation) : StateEvent;

/// <summary>A map that no file uses: its slices are to be reclaimed in steps.</summary>
public sealed record MapDetached(MapId Map) : StateEvent;

/// <summary>An inode without a name: to be reclaimed when nobody holds it and the grace has passed.</summary>
public sealed record InodeOrphaned(InodeId Inode) : StateEvent;

/// <summary>A client registered.</summary>
public sealed record SessionOpened(SessionId Session) : StateEvent;

/// <summary>A session is over: its chunks are sealed and released, its staged files are orphans.</summary>
public sealed record SessionEnded(SessionId Session) : StateEvent;

/// <summary>A server was taken out of the record.</summary>
public sealed record ServerRemoved(ServerId Server) : StateEvent;

/// <summary>A server is new, or its address, domain, volumes or whether it is drained may have changed.</summary>
public sealed record ServerRegistered(ServerId Server) : StateEvent;

/// <summary>An operator wants this of balancing, or got what was wanted.</summary>
public sealed record BalanceWished(BalanceWish Wish) : StateEvent;

/// <summary>An operator wants everything redundant by then; 0: in its own time.</summary>
public sealed record DeadlineWished(long UnixMs) : StateEvent;
