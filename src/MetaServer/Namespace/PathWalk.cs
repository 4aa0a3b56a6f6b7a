using System.Text;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Namespace;

/// <summary>Follows a path through the directories of one view of the state.</summary>
internal static class PathWalk
{
    /// <summary>The inode that a path leads to.</summary>
    public static (InodeId Inode, InodeRecord Record) FindInode(IStateReads reads, PathName path)
    {
        var inode = path.Start;
        if (path.Components.Count > 0)
        {
            inode = new InodeId(FindPlace(reads, path).Existing.Inode);
        }

        return (inode, reads.Get(Keys.Inode(inode)) ?? throw path.Refuse(ErrorCode.NotFound, $"inode {inode} does not exist (any more)"));
    }

    /// <summary>The last name of a path in its directory, which must exist; the name itself need not.</summary>
    public static Place FindPlace(IStateReads reads, PathName path)
    {
        var (directory, walked) = Walk(reads, path);
        int missing = path.Components.Count - 1 - walked;
        if (missing > 0)
        {
            throw path.Refuse(ErrorCode.NotFound, $"no such directory: '{Show(path.Components[walked])}'");
        }

        return PlaceIn(reads, path, directory);
    }

    /// <summary>How far the directories of a path (all but its last name) exist: the last one, and how many names were followed.</summary>
    public static (InodeId Directory, int Walked) Walk(IStateReads reads, PathName path)
    {
        RequireName(path);
        var directory = path.Start;
        RequireDirectory(reads, path, directory);
        for (int i = 0; i < path.Components.Count - 1; i++)
        {
            if (reads.Get(Keys.Dirent(directory, path.Components[i].Span)) is not { } entry)
            {
                return (directory, i);
            }

            if (entry.Kind != FileKind.Directory)
            {
                throw path.Refuse(ErrorCode.NotADirectory, $"'{Show(path.Components[i])}' is not a directory");
            }

            directory = new InodeId(entry.Inode);
        }

        return (directory, path.Components.Count - 1);
    }

    /// <summary>The last name of a path in the directory that the walk came to.</summary>
    public static Place PlaceIn(IStateReads reads, PathName path, InodeId directory)
    {
        var name = path.Components[^1];
        return new Place(path, directory, name, reads.Get(Keys.Dirent(directory, name.Span)));
    }

    private static void RequireName(PathName path)
    {
        if (path.Components.Count == 0)
        {
            throw path.Refuse(ErrorCode.InvalidArgument, "a name in a directory is needed here");
        }
    }

    private static void RequireDirectory(IStateReads reads, PathName path, InodeId inode)
    {
        if (inode == InodeId.Root)
        {
            return;
        }

        var record = reads.Get(Keys.Inode(inode)) ?? throw path.Refuse(ErrorCode.NotFound, $"inode {inode} does not exist (any more)");
        if (record.Kind != FileKind.Directory)
        {
            throw path.Refuse(ErrorCode.NotADirectory, $"inode {inode} is not a directory");
        }
    }

    private static string Show(ReadOnlyMemory<byte> name) => Encoding.UTF8.GetString(name.Span);
}
