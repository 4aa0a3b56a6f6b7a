using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DfsNet.Cli.Local;

/// <summary>
/// renameat2(2): gives a file a name only if nobody has it, in one step. .NET looks first and renames then, and what came between is lost.
/// </summary>
[SupportedOSPlatform("linux")]
internal static partial class LinuxRename
{
    // From fcntl.h, linux/fs.h and errno.h; the same on every architecture.
    private const int CurrentDirectory = -100;
    private const uint NoReplace = 1;
    private const int Exists = 17;
    private const int InvalidArgument = 22;
    private const int NoSuchCall = 38;

    /// <summary>False when the system or the file system has no such call, and the caller must do with what .NET does.</summary>
    public static bool TryMoveToNewName(string source, string target)
    {
        int result;
        try
        {
            result = Rename(CurrentDirectory, source, CurrentDirectory, target, NoReplace);
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }

        if (result == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno switch
        {
            InvalidArgument or NoSuchCall => false,
            Exists => throw new IOException($"{target}: already exists"),
            _ => throw new IOException($"{target}: {Marshal.GetPInvokeErrorMessage(errno)}"),
        };
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Rename(int sourceDirectory, string source, int targetDirectory, string target, uint flags);
}
