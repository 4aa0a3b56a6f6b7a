namespace DfsNet.Devices;

/// <summary>The names of a simulated disk: what processes see, what is durable, and the changes between the two in their order.</summary>
internal sealed class SimulatedNames
{
    private readonly SortedDictionary<string, SimulatedInode> _live = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SimulatedInode> _durable = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _directories = new(StringComparer.Ordinal) { "" };
    private readonly List<Change> _unflushed = [];

    public IEnumerable<SimulatedInode> Inodes => _live.Values;

    public IReadOnlyList<string> Paths => [.. _live.Keys];

    public bool HasDirectory(string directory) => _directories.Contains(directory);

    public SimulatedInode? Find(string path) => _live.GetValueOrDefault(path);

    public void AddDirectory(string directory)
    {
        for (string above = directory; _directories.Add(above) && above.Contains('/');)
        {
            above = DirectoryOf(above);
        }
    }

    public IReadOnlyList<string> List(string directory)
    {
        var paths = _live.Keys.Concat(_directories.Where(path => path.Length > 0));
        return [.. paths.Where(path => DirectoryOf(path) == directory).Select(NameOf).Order(StringComparer.Ordinal)];
    }

    public SimulatedInode Create(string path)
    {
        var inode = new SimulatedInode();
        Apply(new Change(null, path, inode));
        return inode;
    }

    public void Rename(string source, string target) => Apply(new Change(source, target, _live[source]));

    public void Delete(string path) => Apply(new Change(path, null, null));

    public void Flush(string directory)
    {
        foreach (var change in _unflushed)
        {
            if (change.Directory == directory)
            {
                Apply(change, _durable);
            }
        }

        _unflushed.RemoveAll(change => change.Directory == directory);
    }

    /// <summary>Each change that was not flushed happened or did not.</summary>
    public void Crash(Random random)
    {
        foreach (var change in _unflushed)
        {
            if (random.Next(2) == 0)
            {
                Apply(change, _durable);
            }
        }

        _unflushed.Clear();
        _live.Clear();
        foreach (var (path, inode) in _durable)
        {
            _live.Add(path, inode);
        }
    }

    public static string DirectoryOf(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private void Apply(Change change)
    {
        Apply(change, _live);
        _unflushed.Add(change);
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
    private sealed record Change(string? Source, string? Target, SimulatedInode? Inode)
    {
        public string Directory => DirectoryOf(Target ?? Source!);
    }
}
