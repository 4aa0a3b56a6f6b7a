namespace DfsNet.Cli.Drills;

/// <summary>The bytes that a file of a drill must have: every record follows from its file and its place.</summary>
internal static class DrillContent
{
    public const int RecordBytes = 64 * 1024;

    public static byte[] Record(int file, long number)
    {
        byte[] record = new byte[RecordBytes];
        new Random(HashCode(file, number)).NextBytes(record);
        return record;
    }

    /// <summary>How many bytes of a range, which begins at a record, are not what they must be.</summary>
    public static long CountWrong(int file, long offset, ReadOnlySpan<byte> bytes)
    {
        long wrong = 0;
        for (int at = 0; at < bytes.Length; at += RecordBytes)
        {
            var found = bytes.Slice(at, Math.Min(RecordBytes, bytes.Length - at));
            var wanted = Record(file, (offset + at) / RecordBytes).AsSpan(0, found.Length);
            if (found.SequenceEqual(wanted))
            {
                continue;
            }

            for (int i = 0; i < found.Length; i++)
            {
                wrong += found[i] == wanted[i] ? 0 : 1;
            }
        }

        return wrong;
    }

    // The same in every process, unlike System.HashCode.
    private static int HashCode(int file, long number) => unchecked((file * 1_000_003) + (int)(number * 7_919));
}
