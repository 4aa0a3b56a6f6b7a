using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;

namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>What a client asked of the namespace, and what came back.</summary>
internal abstract record NamespaceOperation(NamePath Path)
{
    /// <summary>What was refused; <see cref="ErrorCode.Unspecified"/>: it succeeded, or would have to have.</summary>
    public ErrorCode Error { get; init; }

    /// <summary>Whether it can change anything.</summary>
    public virtual bool IsChange => true;

    protected string Answer => Error == ErrorCode.Unspecified ? "" : $" -> {Error}";
}

/// <summary>Makes a directory; with parents also those above it, and an existing one is no error.</summary>
internal sealed record MakeDirectoryCall(NamePath Path, bool Parents) : NamespaceOperation(Path)
{
    public override string ToString() => $"make directory {Path}{(Parents ? " with parents" : "")}{Answer}";
}

/// <summary>Removes an empty directory.</summary>
internal sealed record RemoveDirectoryCall(NamePath Path) : NamespaceOperation(Path)
{
    public override string ToString() => $"remove directory {Path}{Answer}";
}

/// <summary>Stores a whole file.</summary>
internal sealed record PutCall(NamePath Path, int Pattern, long Length, bool Overwrite, bool Parents) : NamespaceOperation(Path)
{
    public override string ToString() =>
        $"put #{Pattern}, {Length} bytes, at {Path}{(Overwrite ? "" : ", new")}{(Parents ? " with parents" : "")}{Answer}";
}

/// <summary>Removes a file.</summary>
internal sealed record DeleteCall(NamePath Path) : NamespaceOperation(Path)
{
    public override string ToString() => $"delete {Path}{Answer}";
}

/// <summary>Moves a file or directory.</summary>
internal sealed record MoveCall(NamePath Path, NamePath Target, bool Replace) : NamespaceOperation(Path)
{
    public override string ToString() => $"move {Path} to {Target}{(Replace ? ", replacing" : "")}{Answer}";
}

/// <summary>
/// Changes a file's length: finds the file by its name, then asks for the change by its inode. One whose client gave up is taken to find
/// its file even later: that is more than it can do, but binding it to what it found before would make the search long, to little gain.
/// </summary>
internal sealed record TruncateCall(NamePath Path, int Call, long Length) : NamespaceOperation(Path)
{
    public override string ToString() => $"truncate {Path} to {Length} bytes{Answer}";
}

/// <summary>Reads a whole file: opens it by its name, and may have to ask again by its inode.</summary>
internal sealed record ReadCall(NamePath Path, int Call) : NamespaceOperation(Path)
{
    public SeenContent? Seen { get; init; }

    public override bool IsChange => false;

    public override string ToString() => $"read {Path}{(Seen is null ? "" : $" -> {Seen}")}{Answer}";
}

/// <summary>The first half of a call that goes on with the inode of what it found.</summary>
internal sealed record FindFileStep(NamePath Path, int Call) : NamespaceOperation(Path)
{
    public override string ToString() => $"(find {Path})";
}

/// <summary>Asks for the attributes of a file or directory.</summary>
internal sealed record StatCall(NamePath Path) : NamespaceOperation(Path)
{
    public SeenName? Seen { get; init; }

    public override bool IsChange => false;

    public override string ToString() => $"stat {Path}{(Seen is null ? "" : $" -> {Seen}")}{Answer}";
}

/// <summary>Lists a directory that fits one page.</summary>
internal sealed record ListCall(NamePath Path) : NamespaceOperation(Path)
{
    /// <summary>The entries in the order of their names; a file gives itself under an empty name.</summary>
    public IReadOnlyList<SeenName>? Seen { get; init; }

    public override bool IsChange => false;

    public override string ToString() => $"list {Path}{(Seen is null ? "" : $" -> {string.Join(", ", Seen)}")}{Answer}";
}

/// <summary>An entry as stat or list showed it; the length of a directory is the number of its entries.</summary>
internal sealed record SeenName(string Name, bool IsDirectory, long Length)
{
    public override string ToString() => IsDirectory ? $"{Name}/ ({Length} entries)" : $"{Name} ({Length} bytes)";
}
