using System.Buffers.Binary;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Store;

/// <summary>
/// Keys of all tables: the table's byte, then ids as big-endian 64-bit numbers, then (where there is one) a name.
/// </summary>
internal static class Keys
{
    /// <summary>The store's own rows: the applied index. Not seen by the state machine.</summary>
    public const byte StoreTable = 0x00;

    public const byte ClusterTable = 0x01;
    public const byte CountersTable = 0x02;
    public const byte MembershipTable = 0x03;
    public const byte HistoryTable = 0x04;
    public const byte MemberTable = 0x05;
    public const byte InodeTable = 0x10;
    public const byte DirentTable = 0x11;
    public const byte ParentTable = 0x12;
    public const byte MapTable = 0x13;
    public const byte SliceTable = 0x14;
    public const byte DetachedTable = 0x15;
    public const byte OrphanTable = 0x16;
    public const byte ChunkTable = 0x20;
    public const byte ChunkReferenceTable = 0x21;
    public const byte ReplicaTable = 0x22;
    public const byte ServerReplicaTable = 0x23;
    public const byte LeavingTable = 0x24;
    public const byte UnreferencedTable = 0x25;
    public const byte SessionTable = 0x30;
    public const byte SessionResultTable = 0x31;
    public const byte OwnedChunkTable = 0x32;
    public const byte StagedTable = 0x33;
    public const byte SessionNonceTable = 0x34;
    public const byte ServerTable = 0x40;
    public const byte ServerNonceTable = 0x41;

    public static RecordKey<ClusterRecord> Cluster { get; } = new([ClusterTable]);

    public static RecordKey<CountersRecord> Counters { get; } = new([CountersTable]);

    /// <summary>Leads to the members as consensus encodes them, not to a record.</summary>
    public static byte[] Membership { get; } = [MembershipTable];

    public static RecordKey<HistoryRecord> History { get; } = new([HistoryTable]);

    public static RecordKey<MemberRecord> Member(ulong member) => new(Of(MemberTable, member));

    public static RecordKey<InodeRecord> Inode(InodeId inode) => new(Of(InodeTable, inode.Value));

    public static RecordKey<DirentRecord> Dirent(InodeId directory, ReadOnlySpan<byte> name) => new(Of(DirentTable, directory.Value, name));

    /// <summary>Entries of a directory with names greater than <paramref name="after"/>; an empty name: all.</summary>
    public static RecordRange<DirentRecord> Dirents(InodeId directory, ReadOnlySpan<byte> after) =>
        new(After(Of(DirentTable, directory.Value, after)), End(DirentTable, directory.Value));

    public static RecordKey<MarkerRecord> Parent(InodeId inode, InodeId directory, ReadOnlySpan<byte> name) =>
        new(Of(ParentTable, inode.Value, directory.Value, name));

    public static RecordRange<MarkerRecord> Parents(InodeId inode) => Prefix<MarkerRecord>(ParentTable, inode.Value);

    public static RecordKey<MapRecord> Map(MapId map) => new(Of(MapTable, map.Value));

    public static RecordKey<SliceRecord> Slice(MapId map, ulong fileOffset) => new(Of(SliceTable, map.Value, fileOffset));

    /// <summary>Slices of a map that begin at <paramref name="from"/> or later.</summary>
    public static RecordRange<SliceRecord> SlicesFrom(MapId map, ulong from) =>
        new(Of(SliceTable, map.Value, from), End(SliceTable, map.Value));

    /// <summary>Slices of a map that begin in [from, to).</summary>
    public static RecordRange<SliceRecord> Slices(MapId map, ulong from, ulong to) =>
        new(Of(SliceTable, map.Value, from), Of(SliceTable, map.Value, to));

    public static RecordKey<DetachedRecord> Detached(MapId map) => new(Of(DetachedTable, map.Value));

    public static RecordKey<MarkerRecord> Orphan(InodeId inode) => new(Of(OrphanTable, inode.Value));

    public static RecordKey<ChunkRecord> Chunk(ChunkId chunk) => new(Of(ChunkTable, chunk.Value));

    public static RecordRange<ChunkRecord> ChunksAfter(ChunkId after) => new(After(Of(ChunkTable, after.Value)), [ChunkTable + 1]);

    public static RecordRange<MarkerRecord> ChunkReferences(ChunkId chunk) => Prefix<MarkerRecord>(ChunkReferenceTable, chunk.Value);

    public static RecordKey<MarkerRecord> ChunkReference(ChunkId chunk, MapId map, ulong fileOffset) =>
        new(Of(ChunkReferenceTable, chunk.Value, map.Value, fileOffset));

    public static RecordKey<ReplicaRecord> Replica(ChunkId chunk, ServerId server) => new(Of(ReplicaTable, chunk.Value, server.Value));

    public static RecordRange<ReplicaRecord> Replicas(ChunkId chunk) => Prefix<ReplicaRecord>(ReplicaTable, chunk.Value);

    public static RecordKey<MarkerRecord> ServerReplica(ServerId server, ChunkId chunk) =>
        new(Of(ServerReplicaTable, server.Value, chunk.Value));

    public static RecordRange<MarkerRecord> ServerReplicas(ServerId server, ChunkId after) =>
        new(After(Of(ServerReplicaTable, server.Value, after.Value)), End(ServerReplicaTable, server.Value));

    public static RecordKey<LeavingRecord> Leaving(ServerId server, ChunkId chunk) => new(Of(LeavingTable, server.Value, chunk.Value));

    public static RecordRange<LeavingRecord> LeavingOf(ServerId server) => Prefix<LeavingRecord>(LeavingTable, server.Value);

    public static RecordKey<MarkerRecord> Unreferenced(ChunkId chunk) => new(Of(UnreferencedTable, chunk.Value));

    public static RecordKey<SessionRecord> Session(SessionId session) => new(Of(SessionTable, session.Value));

    public static RecordKey<CommandResult> SessionResult(SessionId session, ulong sequence) =>
        new(Of(SessionResultTable, session.Value, sequence));

    /// <summary>Results of calls with sequences in [from, to). Never from 0: what was dropped before still costs a scan its time.</summary>
    public static RecordRange<CommandResult> SessionResults(SessionId session, ulong from, ulong to) =>
        new(Of(SessionResultTable, session.Value, from), Of(SessionResultTable, session.Value, to));

    public static RecordRange<CommandResult> SessionResultsFrom(SessionId session, ulong from) =>
        new(Of(SessionResultTable, session.Value, from), End(SessionResultTable, session.Value));

    public static RecordKey<MarkerRecord> OwnedChunk(SessionId session, ChunkId chunk) =>
        new(Of(OwnedChunkTable, session.Value, chunk.Value));

    public static RecordRange<MarkerRecord> OwnedChunks(SessionId session) => Prefix<MarkerRecord>(OwnedChunkTable, session.Value);

    public static RecordKey<MarkerRecord> Staged(SessionId session, InodeId inode) => new(Of(StagedTable, session.Value, inode.Value));

    public static RecordRange<MarkerRecord> StagedFiles(SessionId session) => Prefix<MarkerRecord>(StagedTable, session.Value);

    public static RecordKey<NonceRecord> SessionNonce(ulong nonce) => new(Of(SessionNonceTable, nonce));

    public static RecordKey<ServerRecord> Server(ServerId server) => new(Of(ServerTable, server.Value));

    public static RecordKey<NonceRecord> ServerNonce(ulong nonce) => new(Of(ServerNonceTable, nonce));

    /// <summary>All rows of a table.</summary>
    public static RecordRange<TRecord> Table<TRecord>(byte table)
        where TRecord : class => new([table], [(byte)(table + 1)]);

    /// <summary>The first, second or third id in a key.</summary>
    public static ulong IdAt(byte[] key, int position) => BinaryPrimitives.ReadUInt64BigEndian(key.AsSpan(1 + position * sizeof(ulong)));

    /// <summary>The name behind the first (<paramref name="ids"/> = 1) or the first two ids of a key.</summary>
    public static ReadOnlySpan<byte> NameIn(byte[] key, int ids) => key.AsSpan(1 + ids * sizeof(ulong));

    private static RecordRange<TRecord> Prefix<TRecord>(byte table, ulong id)
        where TRecord : class => new(Of(table, id), End(table, id));

    /// <summary>The first key behind all keys that begin with (table, id).</summary>
    private static byte[] End(byte table, ulong id) => id == ulong.MaxValue ? [(byte)(table + 1)] : Of(table, id + 1);

    private static byte[] After(byte[] key)
    {
        byte[] next = new byte[key.Length + 1];
        key.CopyTo(next, 0);
        return next;
    }

    private static byte[] Of(byte table, ulong id) => Of(table, id, ReadOnlySpan<byte>.Empty);

    private static byte[] Of(byte table, ulong id, ReadOnlySpan<byte> name)
    {
        byte[] key = new byte[1 + sizeof(ulong) + name.Length];
        key[0] = table;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), id);
        name.CopyTo(key.AsSpan(9));
        return key;
    }

    private static byte[] Of(byte table, ulong first, ulong second) => Of(table, first, second, ReadOnlySpan<byte>.Empty);

    private static byte[] Of(byte table, ulong first, ulong second, ReadOnlySpan<byte> name)
    {
        byte[] key = new byte[1 + 2 * sizeof(ulong) + name.Length];
        key[0] = table;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), first);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(9), second);
        name.CopyTo(key.AsSpan(17));
        return key;
    }

    private static byte[] Of(byte table, ulong first, ulong second, ulong third)
    {
        Span<byte> last = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(last, third);
        return Of(table, first, second, last);
    }
}
