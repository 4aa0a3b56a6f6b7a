namespace DfsNet.Devices;

/// <summary>The names of a simulated disk: what processes see, what is durable, and the changes between the two in their order.</summary>
internal sealed class SimulatedNames(DiskFaultCounts counts)
{
    private readonly SortedDictionary<string, SimulatedInode> _live = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SimulatedInode> _durable = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _directories = new(StringComparer.Ordinal) { "" };
    private readonly Dictionary<string, SortedSet<string>> _children = new(StringComparer.Ordinal);
    private readonly List<Change> _unflushed = [];
    private long _changes;

    /// <summary>What processes see, in ordinal order of the paths.</summary>
    public IReadOnlyDictionary<string, SimulatedInode> Files => _live;

    /// <summary>Changes so far: a flush covers those that were made before it began.</summary>
    public long ChangeCount => _changes;

    /// <summary>What all files take from the disk's capacity.</summary>
    public long OccupiedBytes { get; private set; }

    public bool HasDirectory(string directory) => _directories.Contains(directory);

    public SimulatedInode? Find(string path) => _live.GetValueOrDefault(path);

    public void AddDirectory(string directory)
    {
        for (string above = directory; _directories.Add(above);)
        {
            AddChild(above);
            above = DirectoryOf(above);
        }
    }

    public IReadOnlyList<string> List(string directory) => _children.TryGetValue(directory, out var names) ? [.. names] : [];

    public SimulatedInode Create(string path)
    {
        var inode = new SimulatedInode(counts);
        Apply(new Change(++_changes, null, path, inode));
        return inode;
    }

    public void Rename(string source, string target) => Apply(new Change(++_changes, source, target, _live[source]));

    public void Delete(string path) => Apply(new Change(++_changes, path, null, null));

    /// <summary>Makes the first <paramref name="changes"/> changes durable, as far as they are of this directory.</summary>
    public void Flush(string directory, long changes) => _unflushed.RemoveAll(change =>
    {
        bool covered = change.Number <= changes && change.Directory == directory;
        if (covered)
        {
            Apply(change, _durable);
        }

        return covered;
    });

    /// <summary>A file that took <paramref name="before"/> bytes has changed.</summary>
    public void NoteSize(SimulatedInode inode, long before) => OccupiedBytes += inode.NameCount * (inode.OccupiedBytes - before);

    /// <summary>Each change that was not flushed happened or did not; then every file that has a name meets the crash.</summary>
    public void Crash(Random random)
    {
        foreach (var change in _unflushed)
        {
            if (random.Next(2) == 0)
            {
                Apply(change, _durable);
            }
            else
            {
                counts.Note(DiskFault.LostName);
            }
        }

        _unflushed.Clear();
        foreach (var (path, inode) in _live)
        {
            inode.NameCount = 0;
            _children[DirectoryOf(path)].Remove(NameOf(path));
        }

        _live.Clear();
        OccupiedBytes = 0;
        foreach (var (path, inode) in _durable)
        {
            // Renamed twice, with the first renaming lost and the second kept, a file has two names.
            if (inode.NameCount++ == 0)
            {
                inode.Crash(random);
            }

            _live.Add(path, inode);
            AddChild(path);
            OccupiedBytes += inode.OccupiedBytes;
        }
    }

    public static string DirectoryOf(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private void Apply(Change change)
    {
        if (change.Source is not null)
        {
            Count(change.Source, -1);
            _children[DirectoryOf(change.Source)].Remove(NameOf(change.Source));
        }

        if (change.Target is not null)
        {
            Count(change.Target, -1);
        }

        Apply(change, _live);
        if (change.Target is not null)
        {
            Count(change.Target, 1);
            AddChild(change.Target);
        }

        _unflushed.Add(change);
    }

    private void AddChild(string path)
    {
        string directory = DirectoryOf(path);
        if (!_children.TryGetValue(directory, out var names))
        {
            _children[directory] = names = new SortedSet<string>(StringComparer.Ordinal);
        }

        names.Add(NameOf(path));
    }

    private void Count(string path, int sign)
    {
        if (_live.TryGetValue(path, out var inode))
        {
            OccupiedBytes += sign * inode.OccupiedBytes;
            inode.NameCount += sign;
        }
    }

    private static void Apply(Change change, SortedDictionary<string, SimulatedInode> names)
    {
        if (change.Source is not null)
        {
            names.Remove(change.Source);
        }

        if (change.Target is not null)
        {
            names[change.Target] = change.Inode!;
        }
    }

    /// <summary>A creation (no source), a removal (no target) or a renaming, which is one step.</summary>
    private sealed record Change(long Number, string? Source, string? Target, SimulatedInode? Inode)
    {
        public string Directory => DirectoryOf(Target ?? Source!);
    }
}
