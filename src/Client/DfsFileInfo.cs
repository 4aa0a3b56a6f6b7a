using DfsNet.Protocol.Wire;

namespace DfsNet.Client;

/// <summary>What the metadata server knows about a file or directory.</summary>
public sealed record DfsFileInfo
{
    /// <summary>Absolute path it was found under.</summary>
    public required string Path { get; init; }

    /// <summary>Last component of <see cref="Path"/>; empty for the root.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Number of the file or directory; never used again after its removal.</summary>
    public required ulong Inode { get; init; }

    /// <summary>Whether this is a directory.</summary>
    public required bool IsDirectory { get; init; }

    /// <summary>Length in bytes; for a directory the number of its entries.</summary>
    public required long Length { get; init; }

    /// <summary>Version of the content: grows with every commit and truncation.</summary>
    public required ulong Version { get; init; }

    /// <summary>POSIX permission bits.</summary>
    public required uint Mode { get; init; }

    /// <summary>When the content last changed, by the metadata server's clock.</summary>
    public required DateTimeOffset Modified { get; init; }

    /// <summary>When the attributes last changed, by the metadata server's clock.</summary>
    public required DateTimeOffset Changed { get; init; }

    /// <summary>Number of names that lead to the file.</summary>
    public required uint Links { get; init; }

    /// <summary>Number of replicas its content is meant to have; for a directory, what new files in it get.</summary>
    public required int Replication { get; init; }

    /// <summary>Number of slices its content is made of.</summary>
    public required long Slices { get; init; }

    internal static DfsFileInfo From(string path, Attributes attributes) => new()
    {
        Path = path,
        Inode = attributes.Inode,
        IsDirectory = attributes.Kind == FileKind.Directory,
        Length = (long)attributes.Length,
        Version = attributes.Version,
        Mode = attributes.Mode,
        Modified = DateTimeOffset.FromUnixTimeMilliseconds(attributes.ModifiedUnixMs),
        Changed = DateTimeOffset.FromUnixTimeMilliseconds(attributes.ChangedUnixMs),
        Links = attributes.Links,
        Replication = (int)attributes.Replication,
        Slices = (long)attributes.Slices,
    };
}
