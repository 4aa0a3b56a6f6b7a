using DfsNet.Integrity;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Namespace;

/// <summary>Names in directories: each entry, its way back (parent row) and the directory's count change together.</summary>
internal static class DirectoryEntries
{
    /// <summary>The last name of a path; missing directories on the way are made when asked.</summary>
    public static Place FindPlace(CommandContext context, PathName path, bool makeParents)
    {
        if (!makeParents)
        {
            return PathWalk.FindPlace(context.State, path);
        }

        var (directory, walked) = PathWalk.Walk(context.State, path);
        for (int i = walked; i < path.Components.Count - 1; i++)
        {
            directory = Inodes.CreateDirectory(context, new Place(path, directory, path.Components[i], null), Inodes.DirectoryModeDefault);
        }

        return PathWalk.PlaceIn(context.State, path, directory);
    }

    public static void Add(CommandContext context, Place place, InodeId inode, FileKind kind)
    {
        var entry = new DirentRecord { Inode = inode.Value, Kind = kind };
        context.State.Put(Keys.Dirent(place.Directory, place.Name.Span), entry);
        context.State.Put(Keys.Parent(inode, place.Directory, place.Name.Span), new MarkerRecord());
        Touch(context, place.Directory, +1);
    }

    public static void Remove(CommandContext context, Place place, InodeId inode)
    {
        context.State.Delete(Keys.Dirent(place.Directory, place.Name.Span));
        context.State.Delete(Keys.Parent(inode, place.Directory, place.Name.Span));
        Touch(context, place.Directory, -1);
    }

    /// <summary>The directory that holds a directory; null for the root.</summary>
    public static InodeId? ParentOf(IStateReads state, InodeId directory)
    {
        foreach (var (key, _) in state.Scan(Keys.Parents(directory)))
        {
            return new InodeId(Keys.IdAt(key, 1));
        }

        return null;
    }

    private static void Touch(CommandContext context, InodeId directory, int entries)
    {
        var record = context.State.Require(Keys.Inode(directory));
        Invariant.Require(entries >= 0 || record.Entries > 0, "a directory counts its entries");
        record.Entries = (ulong)((long)record.Entries + entries);
        record.ModifiedUnixMs = context.StampUnixMs;
        record.ChangedUnixMs = context.StampUnixMs;
        context.State.Put(Keys.Inode(directory), record);
    }
}
