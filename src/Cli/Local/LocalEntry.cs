namespace DfsNet.Cli.Local;

/// <summary>What a local path leads to.</summary>
internal enum LocalKind
{
    Missing,
    File,
    Directory,

    /// <summary>A symbolic link that was not followed.</summary>
    Link,

    /// <summary>A pipe, socket or device.</summary>
    Special,
}

/// <summary>A local file or directory as it was seen once.</summary>
/// <param name="Path">As given, or below what was given.</param>
/// <param name="Length">Bytes of a file; 0 otherwise.</param>
/// <param name="PermissionBits">POSIX permissions; what is usual where the system has none.</param>
/// <param name="Identity">The same for two paths that lead to the same thing.</param>
internal sealed record LocalEntry(string Path, LocalKind Kind, long Length, uint PermissionBits, string Identity);
