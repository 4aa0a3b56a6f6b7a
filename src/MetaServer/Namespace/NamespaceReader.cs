using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Namespace;

/// <summary>Looks names up and lists directories. Refusals are <see cref="DfsException"/>s.</summary>
internal static class NamespaceReader
{
    public static Attributes Lookup(IStateReads reads, PathRef target) => throw new NotSupportedException();

    /// <summary>Entries with names greater than <paramref name="after"/>, in byte order; at most <paramref name="limit"/> (0: the page).</summary>
    public static ListReply List(IStateReads reads, PathRef directory, ReadOnlySpan<byte> after, int limit) => throw new NotSupportedException();
}
