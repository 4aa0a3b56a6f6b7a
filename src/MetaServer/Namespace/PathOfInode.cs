using DfsNet.MetaServer.Store;
using DfsNet.Protocol;

namespace DfsNet.MetaServer.Namespace;

/// <summary>Finds a name of an inode by going up.</summary>
internal static class PathOfInode
{
    private static readonly byte[] Nameless = "(no name)"u8.ToArray();

    /// <summary>One of its paths from the root; of a file without a name, words that say so.</summary>
    public static byte[] Find(IStateReads reads, InodeId inode)
    {
        var names = new List<byte[]>();
        while (inode != InodeId.Root)
        {
            var (key, _) = reads.Scan(Keys.Parents(inode)).FirstOrDefault();
            if (key is null || names.Count > Limits.PathBytesMax)
            {
                return Nameless;
            }

            names.Add(Keys.NameIn(key, 2).ToArray());
            inode = new InodeId(Keys.IdAt(key, 1));
        }

        names.Reverse();
        return [.. names.SelectMany(name => name.Prepend((byte)'/'))];
    }
}
