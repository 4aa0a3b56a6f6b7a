using DfsNet.Client;

namespace DfsNet.Cli.Output;

/// <summary>A file or directory as ls and stat tell it.</summary>
/// <param name="Type">"file" or "directory".</param>
/// <param name="Length">Bytes; entries of a directory.</param>
/// <param name="Mode">POSIX permissions in octal.</param>
internal sealed record FileFacts(
    string Path,
    string Name,
    string Type,
    long Length,
    int Replication,
    string Mode,
    DateTimeOffset Modified,
    DateTimeOffset Changed,
    uint Links,
    ulong Inode,
    ulong Version,
    long Slices)
{
    public static FileFacts Of(DfsFileInfo info) => new(
        info.Path,
        info.Name,
        info.IsDirectory ? "directory" : "file",
        info.Length,
        info.Replication,
        Octal(info.Mode),
        info.Modified,
        info.Changed,
        info.Links,
        info.Inode,
        info.Version,
        info.Slices);

    private static string Octal(uint mode) => "0" + Convert.ToString(mode & 0b111_111_111_111, 8).PadLeft(3, '0');
}
