using System.Text.Unicode;

namespace DfsNet.Cli.Local;

/// <summary>
/// The command line as the system has it: the runtime replaces bytes that are not UTF-8, and a wrong name would be used in silence.
/// </summary>
internal static class CommandLineBytes
{
    private const string OnLinux = "/proc/self/cmdline";

    /// <summary>
    /// The number of the first argument that is not UTF-8, counted from 1; null when all are, or when the system does not tell.
    /// </summary>
    public static int? FindInvalidArgument(IReadOnlyList<string> arguments)
    {
        if (!arguments.Any(argument => argument.Contains('\ufffd')) || !OperatingSystem.IsLinux())
        {
            return null;
        }

        var all = Split(LocalFiles.ReadAllBytes(OnLinux));
        // The program's own name, and the runtime's, come before.
        int before = all.Count - arguments.Count;
        int found = all.FindIndex(Math.Max(before, 0), bytes => !Utf8.IsValid(bytes));
        return found < 0 ? null : found - before + 1;
    }

    private static List<byte[]> Split(byte[] line)
    {
        var parts = new List<byte[]>();
        for (int start = 0; start < line.Length;)
        {
            int end = Array.IndexOf(line, (byte)0, start);
            end = end < 0 ? line.Length : end;
            parts.Add(line[start..end]);
            start = end + 1;
        }

        return parts;
    }
}
