using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DfsNet.Cli.Local;

/// <summary>statx(2): tells pipes, sockets and devices from files, which .NET does not.</summary>
[SupportedOSPlatform("linux")]
internal static partial class LinuxStat
{
    // From linux/stat.h and fcntl.h; the same on every architecture.
    private const int StatxBytes = 256;
    private const int ModeOffset = 28;
    private const int InodeOffset = 32;
    private const int SizeOffset = 40;
    private const int DeviceOffset = 136;
    private const int CurrentDirectory = -100;
    private const int DoNotFollow = 0x100;
    private const uint BasicStats = 0x7ff;
    private const int NoSuchFile = 2;
    private const int NotADirectory = 20;

    private const int TypeMask = 0xf000;
    private const int TypeFile = 0x8000;
    private const int TypeDirectory = 0x4000;
    private const int TypeLink = 0xa000;

    /// <summary>False when the system's library has no statx, and the caller must do with what .NET knows.</summary>
    public static bool TryInspect(string path, bool followLinks, out LocalEntry entry)
    {
        Span<byte> answer = stackalloc byte[StatxBytes];
        int result;
        try
        {
            result = Statx(CurrentDirectory, path, followLinks ? 0 : DoNotFollow, BasicStats, answer);
        }
        catch (EntryPointNotFoundException)
        {
            entry = new LocalEntry(path, LocalKind.Missing, 0, 0, path);
            return false;
        }

        if (result != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            entry = new LocalEntry(path, LocalKind.Missing, 0, 0, path);
            return errno is NoSuchFile or NotADirectory
                ? true
                : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(errno)}");
        }

        int mode = BinaryPrimitives.ReadUInt16LittleEndian(answer[ModeOffset..]);
        var kind = (mode & TypeMask) switch
        {
            TypeFile => LocalKind.File,
            TypeDirectory => LocalKind.Directory,
            TypeLink => LocalKind.Link,
            _ => LocalKind.Special,
        };
        long length = kind == LocalKind.File ? BinaryPrimitives.ReadInt64LittleEndian(answer[SizeOffset..]) : 0;
        ulong inode = BinaryPrimitives.ReadUInt64LittleEndian(answer[InodeOffset..]);
        ulong device = BinaryPrimitives.ReadUInt64LittleEndian(answer[DeviceOffset..]);
        entry = new LocalEntry(path, kind, length, (uint)mode & 0b111_111_111, $"{device:x}:{inode:x}");
        return true;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> answer);
}
