using System.Globalization;

namespace DfsNet.Storage.Journals;

/// <summary>
/// Every byte a journal puts on disk; docs/formats.md says the same for people. All numbers are little-endian.
/// <para>
/// A journal is a directory of segments, named by their number in 16 hexadecimal digits and ".segment". A segment is a header page and
/// batches, each beginning at a multiple of <see cref="PageBytes"/>, so that a torn write never touches a flushed batch.
/// A segment is written and flushed under the name "next.tmp" and renamed; under its real name its header and first
/// <c>FlushedBytes</c> bytes are always whole. A segment is never written at the same place twice and never shortened.
/// </para>
/// <code>
/// segment header                                   batch header
///  0  u64 magic "DFSJRNL1"                          0  u32 magic "DFJB"
///  8  u32 format version                            4  u32 format version
/// 12  u32 zero                                      8  u64 owner
/// 16  u64 owner                                    16  u64 segment number
/// 24  u64 segment number (from 1)                  24  u64 batch number (from 1, dense over the log)
/// 32  u64 number of the first batch                32  u64 flushed: batches below this number were flushed before this was written
/// 40  i64 position of the first record             40  i64 position of the first record
/// 48  u64 segment before it (0: none)              48  u64 trimmed: segments below this number are not needed
/// 56  i64 where the log ends in that segment       56  u32 records
/// 64  i64 bytes flushed before it got its name     60  u32 bytes of the body
/// 72  u64 trimmed: segments below are not needed   64  u32 CRC32C of the body
/// 80  u32 CRC32C of bytes 0..79                    68  u32 CRC32C of bytes 0..67
///                                                  72  body: per record u32 length, bytes; then zeros up to the page
/// </code>
/// </summary>
internal static class JournalFormat
{
    public const ulong SegmentMagic = 0x314C4E524A534644;
    public const uint BatchMagic = 0x424A4644;
    public const uint Version = 1;

    /// <summary>The sector of today's disks and the page of the cache: no device tears across it into a neighbour.</summary>
    public const int PageBytes = 4096;

    public const int SegmentHeaderBytes = 84;
    public const int BatchHeaderBytes = 72;
    public const int RecordHeaderBytes = 4;

    /// <summary>Largest batch body a reader accepts; bounds the memory that damaged bytes can ask for.</summary>
    public const int BatchBytesMax = 64 * 1024 * 1024;

    /// <summary>Largest record: four control messages of 4 MiB.</summary>
    public const int RecordBytesMax = 16 * 1024 * 1024;

    public const string SegmentSuffix = ".segment";
    public const string TemporaryName = "next.tmp";

    public static string SegmentName(ulong number) => number.ToString("x16", CultureInfo.InvariantCulture) + SegmentSuffix;

    public static bool TryParseSegmentName(string name, out ulong number)
    {
        number = 0;
        return name.Length == 16 + SegmentSuffix.Length
            && name.EndsWith(SegmentSuffix, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            && number > 0
            && name == SegmentName(number);
    }

    public static long RoundToPage(long bytes) => (bytes + PageBytes - 1) / PageBytes * PageBytes;

    /// <summary>Bytes of a batch on disk.</summary>
    public static int BatchOnDisk(int bodyBytes) => (int)RoundToPage(BatchHeaderBytes + (long)bodyBytes);
}
