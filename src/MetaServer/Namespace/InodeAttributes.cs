using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Namespace;

/// <summary>What stat shows of an inode.</summary>
internal static class InodeAttributes
{
    public static Attributes Read(IStateReads reads, InodeId inode, InodeRecord record) =>
        Of(inode, record, record.Kind == FileKind.File ? reads.Require(Keys.Map(new MapId(record.MapId))) : null);

    public static Attributes Of(InodeId inode, InodeRecord record, MapRecord? map) => new()
    {
        Inode = inode.Value,
        Kind = record.Kind,
        Length = map?.Length ?? record.Entries,
        Version = map?.Version ?? 0,
        Mode = record.Mode,
        ModifiedUnixMs = record.ModifiedUnixMs,
        ChangedUnixMs = record.ChangedUnixMs,
        Links = record.Links,
        Replication = record.Replication,
        Slices = map?.Slices ?? 0,
    };
}
