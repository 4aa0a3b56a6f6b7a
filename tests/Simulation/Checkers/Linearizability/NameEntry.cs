using DfsNet.Simulation.Checkers.Contents;

namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>A name in the model, and what it leads to. Immutable.</summary>
internal sealed class NameEntry
{
    public NameEntry(string path, bool isDirectory, FileContent content, int[] foundBy)
    {
        Path = path;
        IsDirectory = isDirectory;
        Content = content;
        FoundBy = foundBy;
        ulong hash = Mixing.Add(Mixing.Of(path), isDirectory ? 1UL : 0);
        hash = Mixing.Add(Mixing.Add(hash, (ulong)content.Pattern), (ulong)content.Kept);
        hash = Mixing.Add(hash, (ulong)content.Length);
        foreach (int call in foundBy)
        {
            hash = Mixing.Add(hash, (ulong)call);
        }

        Hash = hash;
    }

    public string Path { get; }

    public bool IsDirectory { get; }

    public FileContent Content { get; }

    /// <summary>Calls that have found this file by its name and go on with its inode, wherever that is by then; ascending.</summary>
    public int[] FoundBy { get; }

    public ulong Hash { get; }

    public NameEntry MovedTo(string path) => new(path, IsDirectory, Content, FoundBy);

    public NameEntry Holding(FileContent content) => new(Path, IsDirectory, content, FoundBy);

    public NameEntry Found(int call) => new(Path, IsDirectory, Content, [.. FoundBy.Append(call).Order()]);

    public NameEntry Forgotten(int call) => new(Path, IsDirectory, Content, [.. FoundBy.Where(other => other != call)]);

    public bool IsSame(NameEntry other) =>
        ReferenceEquals(this, other)
        || (Hash == other.Hash && Path == other.Path && IsDirectory == other.IsDirectory && Content == other.Content
            && FoundBy.AsSpan().SequenceEqual(other.FoundBy));

    /// <summary>Whether this is an entry of the directory whose content begins with <paramref name="below"/>.</summary>
    public bool IsIn(string below) =>
        Path.StartsWith(below, StringComparison.Ordinal) && Path.IndexOf('/', below.Length) < 0;
}
