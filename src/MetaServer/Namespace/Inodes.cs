using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Namespace;

/// <summary>Files and directories come and go.</summary>
internal static class Inodes
{
    public const uint DirectoryModeDefault = 0b111_101_101;
    public const uint FileModeDefault = 0b110_100_100;

    // Permission bits and set-id, set-group, sticky: what a mode may hold.
    private const uint ModeMask = 0b111_111_111_111;

    public static InodeId CreateDirectory(CommandContext context, Place place, uint mode)
    {
        var inode = new InodeId(context.Counters.NextInode++);
        var record = New(context, place.Directory, FileKind.Directory, mode == 0 ? DirectoryModeDefault : mode);
        record.Links = 1;
        context.State.Put(Keys.Inode(inode), record);
        context.Counters.Directories++;
        DirectoryEntries.Add(context, place, inode, FileKind.Directory);
        return inode;
    }

    /// <summary>An empty file; without a name when a session stages it.</summary>
    public static InodeId CreateFile(CommandContext context, InodeId directory, uint mode, SessionId stagedBy)
    {
        var inode = new InodeId(context.Counters.NextInode++);
        var record = New(context, directory, FileKind.File, mode == 0 ? FileModeDefault : mode);
        record.MapId = FileMaps.Create(context, version: 1).Value;
        record.StagedBy = stagedBy.Value;
        context.State.Put(Keys.Inode(inode), record);
        return inode;
    }

    /// <summary>Gives a file a name.</summary>
    public static void LinkFile(CommandContext context, Place place, InodeId inode)
    {
        var record = context.State.Require(Keys.Inode(inode));
        record.Links++;
        record.StagedBy = 0;
        record.ChangedUnixMs = context.StampUnixMs;
        context.State.Put(Keys.Inode(inode), record);
        context.Counters.Files++;
        DirectoryEntries.Add(context, place, inode, FileKind.File);
    }

    /// <summary>Takes a file's name; the last one leaves an orphan, which stays until nobody holds it.</summary>
    public static void UnlinkFile(CommandContext context, Place place)
    {
        var inode = new InodeId(place.Existing.Inode);
        DirectoryEntries.Remove(context, place, inode);
        var record = context.State.Require(Keys.Inode(inode));
        record.Links--;
        record.ChangedUnixMs = context.StampUnixMs;
        context.State.Put(Keys.Inode(inode), record);
        context.Counters.Files--;
        if (record.Links == 0)
        {
            MakeOrphan(context, inode);
        }
    }

    public static void MakeOrphan(CommandContext context, InodeId inode)
    {
        context.State.Put(Keys.Orphan(inode), new MarkerRecord());
        context.Announce(new InodeOrphaned(inode));
    }

    /// <summary>Removes an empty directory and its name.</summary>
    public static void RemoveDirectory(CommandContext context, Place place)
    {
        var inode = new InodeId(place.Existing.Inode);
        if (context.State.Require(Keys.Inode(inode)).Entries > 0)
        {
            throw place.Path.Refuse(ErrorCode.DirectoryNotEmpty, "the directory is not empty");
        }

        DirectoryEntries.Remove(context, place, inode);
        context.State.Delete(Keys.Inode(inode));
        context.Counters.Directories--;
    }

    /// <summary>A file by its inode, for changes of its content; a staged one only for its session.</summary>
    public static InodeRecord RequireFile(CommandContext context, InodeId inode)
    {
        var record = context.State.Get(Keys.Inode(inode))
            ?? throw Refusal.Because(ErrorCode.NotFound, $"inode {inode} does not exist (any more)");
        if (record.Kind != FileKind.File)
        {
            throw Refusal.Because(ErrorCode.IsADirectory, $"inode {inode} is a directory");
        }

        if (record.StagedBy != 0 && record.StagedBy != context.Session.Value)
        {
            throw Refusal.Because(ErrorCode.NotOwner, $"inode {inode} is staged by another session");
        }

        return record;
    }

    private static InodeRecord New(CommandContext context, InodeId directory, FileKind kind, uint mode) => new()
    {
        Kind = kind,
        Mode = mode & ModeMask,
        ModifiedUnixMs = context.StampUnixMs,
        ChangedUnixMs = context.StampUnixMs,
        Replication = context.State.Require(Keys.Inode(directory)).Replication,
    };
}
