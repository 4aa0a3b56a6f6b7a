using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// The data directories of this process: locked, identified, and held against each other, so that a directory
/// of another server or cluster is refused and an unmounted volume is never taken for an empty one.
/// </summary>
internal sealed partial class DataDirectories : IAsyncDisposable
{
    private const string Step = "open data directory";
    private const string LockPath = "LOCK";

    // Enough to recognize the directory by.
    private const int ForeignNamesMax = 5;

    // What a volume keeps in its directory: one that has these but no identity lost it, and is not empty.
    private static readonly string[] VolumePaths = ["chunks", "journal"];

    private readonly List<DataDirectory> _present = [];
    private readonly List<IAsyncDisposable> _locks = [];
    private readonly List<DfsException> _leftAlone = [];
    private readonly ILogger<DataDirectories> _log;

    private DataDirectories(ILogger<DataDirectories> log) => _log = log;

    /// <summary>Directories in the order they were given.</summary>
    public IReadOnlyList<DataDirectory> Present => _present;

    /// <summary>Volumes that the identities name, but whose directories were not given or are empty.</summary>
    public IReadOnlyList<VolumeId> Missing { get; private set; } = [];

    /// <summary>Why directories that were given are not used, one line each: the missing volumes may be there.</summary>
    public IEnumerable<string> LeftAlone => _leftAlone.Select(reason => reason.Message);

    public NodeIdentity Identity { get; private set; } = NodeIdentity.Unknown;

    public ulong Nonce { get; private set; }

    public SeenHistory Seen { get; } = new();

    public static async Task<DataDirectories> OpenAsync(
        IReadOnlyList<IDisk> disks, bool newVolume, Random random, ILogger<DataDirectories> log)
    {
        var directories = new DataDirectories(log);
        try
        {
            var usable = await directories.LockAsync(disks).ConfigureAwait(false);
            await directories.IdentifyAsync(usable, newVolume, random).ConfigureAwait(false);
        }
        catch
        {
            await directories.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return directories;
    }

    /// <summary>Stores who we are in every directory, before anybody acts on it.</summary>
    public async Task AdoptAsync(NodeIdentity identity)
    {
        if (identity == Identity)
        {
            return;
        }

        foreach (var directory in _present)
        {
            await directory.StoreAsync(directory.Record with { Identity = identity }).ConfigureAwait(false);
        }

        Identity = identity;
    }

    /// <summary>Stores how far history was seen, where it grew.</summary>
    public async Task StoreSeenAsync()
    {
        if (Seen.TakeUnstored() is not { } point)
        {
            return;
        }

        foreach (var directory in _present)
        {
            try
            {
                await AtomicFile.WriteAsync(directory.Disk, HistoryPoint.Path, point.Encode()).ConfigureAwait(false);
            }
            catch (DiskException error)
            {
                // The other directories have it, and so does the memory of this process.
                SeenNotStored(directory.Disk.Location, error.Message);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var held in _locks)
        {
            await held.DisposeAsync().ConfigureAwait(false);
        }

        _locks.Clear();
    }

    /// <summary>
    /// Those that are ours now. A disk that is not mounted, or only for reading, is left alone: it is no reason to stop the others.
    /// </summary>
    private async Task<IReadOnlyList<IDisk>> LockAsync(IReadOnlyList<IDisk> disks)
    {
        var usable = new List<IDisk>();
        foreach (var disk in disks)
        {
            try
            {
                // Only the directory: whether an empty one becomes a volume is decided when all are known.
                await disk.CreateDirectoryAsync("").ConfigureAwait(false);
                _locks.Add(await disk.LockAsync(LockPath).ConfigureAwait(false));
                usable.Add(disk);
            }
            catch (DiskException error) when (error.Failure == DiskFailure.Locked)
            {
                throw new DfsException(
                    ErrorCode.Refused,
                    Step,
                    $"{disk.Location} is in use by another process; a data directory belongs to one chunk server at a time",
                    error);
            }
            catch (DiskException error)
            {
                LeaveAlone(
                    disk, new DfsException(ErrorCode.VolumeFailed, Step, $"{disk.Location} cannot be used: {error.Message}", error));
            }
        }

        return usable;
    }

    private void LeaveAlone(IDisk disk, DfsException reason)
    {
        _leftAlone.Add(reason);
        DirectoryLeftAlone(reason, disk.Location);
    }

    private async Task IdentifyAsync(IReadOnlyList<IDisk> disks, bool newVolume, Random random)
    {
        var records = new List<DirectoryRecord?>();
        var readable = new List<IDisk>();
        var furthest = default(HistoryPoint);
        foreach (var disk in disks)
        {
            try
            {
                var record = await ReadAsync(disk).ConfigureAwait(false);
                var seen = await HistoryPoint.ReadAsync(disk).ConfigureAwait(false);
                records.Add(record);
                readable.Add(disk);
                furthest = seen.CompareTo(furthest) > 0 ? seen : furthest;
            }
            catch (Exception error) when (AsUnreadable(error, disk) is { } reason)
            {
                LeaveAlone(disk, reason);
            }
        }

        if (_leftAlone.Count > 0 && !records.Exists(record => record is { } known && known.Identity != NodeIdentity.Unknown))
        {
            // Nobody else says which volumes this server has: without this one it would begin anew.
            throw _leftAlone[0];
        }

        foreach (int at in newVolume ? [] : DirectoryPlan.NotMounted(records))
        {
            LeaveAlone(readable[at], new DfsException(
                ErrorCode.VolumeFailed, Step, $"{readable[at].Location} is empty: it is not mounted, or is a new disk, which needs "
                    + "--new-volume once"));
            records.RemoveAt(at);
            readable.RemoveAt(at);
        }

        Seen.Restore(furthest);
        var locations = readable.Select(disk => disk.Location).ToList();
        var plan = DirectoryPlan.Of(locations, records, newVolume, random);
        Identity = plan.Identity;
        Nonce = plan.Nonce;
        Missing = plan.Missing;
        for (int i = 0; i < readable.Count; i++)
        {
            var directory = new DataDirectory(readable[i], plan.Records[i]);
            if (records[i] is not { } stored || !stored.Encode().AsSpan().SequenceEqual(plan.Records[i].Encode()))
            {
                await directory.StoreAsync(plan.Records[i]).ConfigureAwait(false);
            }

            _present.Add(directory);
        }

        foreach (var missing in Missing)
        {
            VolumeMissing(missing, Identity.Server);
        }
    }

    /// <summary>
    /// One bad disk among many is no reason to stop the others: its volume counts as missing. Null for what is no fault of the disk.
    /// </summary>
    private static DfsException? AsUnreadable(Exception error, IDisk disk) => error switch
    {
        DfsException { Code: ErrorCode.Corrupt } corrupt => corrupt,
        DiskException { Failure: DiskFailure.Failed } failed => new DfsException(
            ErrorCode.VolumeFailed, Step, $"{disk.Location}: {failed.Message}", failed),
        _ => null,
    };

    private static async Task<DirectoryRecord?> ReadAsync(IDisk disk)
    {
        if (await DirectoryRecord.ReadAsync(disk).ConfigureAwait(false) is { } record)
        {
            return record;
        }

        var names = await disk.ListAsync("").ConfigureAwait(false);
        if (names.FirstOrDefault(name => VolumePaths.Contains(name)) is { } leftover)
        {
            throw new DfsException(
                ErrorCode.Corrupt,
                Step,
                $"{disk.Location} has {leftover} but no {DirectoryRecord.Path}: its identity was lost; "
                + "restore that file, or move the rest away");
        }

        if (names.Where(IsForeign).Take(ForeignNamesMax).ToList() is { Count: > 0 } foreign)
        {
            // A metadata server's directory, say, or a mistyped path: two owners of one directory would end badly for both.
            throw new DfsException(
                ErrorCode.Refused,
                Step,
                $"{disk.Location} is not empty ({string.Join(", ", foreign)}) and not a chunk server's data directory; "
                + "it is left alone: give an empty one");
        }

        return null;
    }

    // What a new file system, or an interrupted start of ours, may have left.
    private static bool IsForeign(string name) =>
        name is not (LockPath or "lost+found") && !name.StartsWith('.') && !name.EndsWith(".tmp", StringComparison.Ordinal);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Volume {Volume} of server {Server} was missing: its directory was not given, is not mounted, or cannot be used")]
    private partial void VolumeMissing(VolumeId volume, ServerId server);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Data directory {Directory} was left alone")]
    private partial void DirectoryLeftAlone(Exception error, string directory);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How far history was seen could not be stored in {Directory}: {Reason}")]
    private partial void SeenNotStored(string directory, string reason);
}
