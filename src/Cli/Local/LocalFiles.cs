#pragma warning disable RS0030 // the CLI's own file arguments: this class is the one place that touches them
namespace DfsNet.Cli.Local;

/// <summary>The files and directories of this machine that a command names.</summary>
internal static class LocalFiles
{
    private const uint UsualFileBits = 0b110_100_100;
    private const uint UsualDirectoryBits = 0b111_101_101;

    /// <summary>What is there now; a missing path is an answer, not an error.</summary>
    public static LocalEntry Inspect(string path, bool followLinks)
    {
        if (OperatingSystem.IsLinux() && LinuxStat.TryInspect(path, followLinks, out var entry))
        {
            return entry;
        }

        var info = new FileInfo(path);
        if (info.LinkTarget is not null)
        {
            if (!followLinks)
            {
                return new LocalEntry(path, LocalKind.Link, 0, UsualFileBits, path);
            }

            string? target = info.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
            return target is null ? Missing(path) : Inspect(target, followLinks: false) with { Path = path };
        }

        string identity = Path.GetFullPath(path);
        if (Directory.Exists(path))
        {
            return new LocalEntry(path, LocalKind.Directory, 0, UsualDirectoryBits, identity);
        }

        return info.Exists ? new LocalEntry(path, LocalKind.File, info.Length, UsualFileBits, identity) : Missing(path);
    }

    /// <summary>Names in a directory, in no particular order, read as they are asked for.</summary>
    public static IEnumerable<string> Names(string directory) =>
        Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path));

    public static Stream OpenRead(string path) => new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        // Others may go on writing; what is read is then what was there.
        Share = FileShare.ReadWrite | FileShare.Delete,
        Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
        // The readers bring buffers of their own.
        BufferSize = 0,
    });

    public static byte[] ReadAllBytes(string path) => File.ReadAllBytes(path);

    public static string? ReadText(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    public static void WriteText(string path, string text) => File.WriteAllText(path, text);

    /// <summary>Creates a file that nobody knows yet; <see cref="Publish"/> gives it its name.</summary>
    public static Stream CreateNew(string path, uint permissionBits)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Read | FileShare.Delete,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = (UnixFileMode)(permissionBits & 0b111_111_111);
        }

        return new FileStream(path, options);
    }

    /// <summary>Moves a finished file to its name in one step; without <paramref name="overwrite"/> an existing one is an error.</summary>
    public static void Publish(string temporary, string path, bool overwrite)
    {
        if (overwrite || !OperatingSystem.IsLinux() || !LinuxRename.TryMoveToNewName(temporary, path))
        {
            File.Move(temporary, path, overwrite);
        }
    }

    public static void Delete(string path) => File.Delete(path);

    public static void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public static string CreateTemporaryDirectory(string prefix) => Directory.CreateTempSubdirectory(prefix).FullName;

    public static void DeleteDirectory(string path) => Directory.Delete(path, recursive: true);

    private static LocalEntry Missing(string path) => new(path, LocalKind.Missing, 0, 0, path);
}
