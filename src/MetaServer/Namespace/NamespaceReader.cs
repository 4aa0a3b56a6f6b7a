using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Namespace;

/// <summary>Looks names up and lists directories. Refusals are <see cref="DfsException"/>s.</summary>
internal static class NamespaceReader
{
    public static Attributes Lookup(IStateReads reads, PathRef target)
    {
        var (inode, record) = PathWalk.FindInode(reads, PathName.Parse(target));
        return InodeAttributes.Read(reads, inode, record);
    }

    /// <summary>Entries with names greater than <paramref name="after"/>, in byte order; a limit of 0 means a page.</summary>
    public static ListReply List(IStateReads reads, PathRef directory, ReadOnlySpan<byte> after, int limit)
    {
        var path = PathName.Parse(directory);
        var (inode, record) = PathWalk.FindInode(reads, path);
        if (record.Kind != FileKind.Directory)
        {
            throw path.Refuse(ErrorCode.NotADirectory, "is not a directory");
        }

        int page = limit <= 0 ? Limits.ListPageMax : Math.Min(limit, Limits.ListPageMax);
        var reply = new ListReply();
        foreach (var (key, entry) in reads.Scan(Keys.Dirents(inode, after)))
        {
            if (reply.Entries.Count == page)
            {
                reply.More = true;
                break;
            }

            var child = new InodeId(entry.Inode);
            reply.Entries.Add(new ListEntry
            {
                Name = UnsafeByteOperations.UnsafeWrap(key.AsMemory(1 + sizeof(ulong))),
                Attributes = InodeAttributes.Read(reads, child, reads.Require(Keys.Inode(child))),
            });
        }

        return reply;
    }
}
