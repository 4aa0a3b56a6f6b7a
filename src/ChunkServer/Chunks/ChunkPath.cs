using System.Globalization;
using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Names on a volume: chunks/{low byte of the id}/{id}.chunk, and .import while a copy is on its way in.</summary>
internal static class ChunkPath
{
    public const string Root = "chunks";
    public const string JournalDirectory = "journal";
    public const int DirectoryCount = 256;

    private const string FileSuffix = ".chunk";
    private const string ImportSuffix = ".import";
    private const int IdDigits = 16;

    public static string DirectoryName(int index) => index.ToString("x2", CultureInfo.InvariantCulture);

    // The low byte, because ids come from a counter: neighbours land in different directories, all fill evenly.
    public static string Directory(ChunkId chunk) => $"{Root}/{DirectoryName((int)(chunk.Value & 0xff))}";

    public static string File(ChunkId chunk) => $"{Directory(chunk)}/{chunk.Value:x16}{FileSuffix}";

    public static string Import(ChunkId chunk) => $"{Directory(chunk)}/{chunk.Value:x16}{ImportSuffix}";

    /// <summary>
    /// What a name in chunk directory <paramref name="directoryIndex"/> is; foreign when it is not ours or lies in the wrong directory.
    /// </summary>
    public static ChunkNameKind Parse(int directoryIndex, string name, out ChunkId chunk)
    {
        chunk = default;
        string suffix = name.Length > IdDigits ? name[IdDigits..] : "";
        var kind = suffix switch
        {
            FileSuffix => ChunkNameKind.Chunk,
            ImportSuffix => ChunkNameKind.Import,
            _ => ChunkNameKind.Foreign,
        };
        if (kind == ChunkNameKind.Foreign
            || !ulong.TryParse(name.AsSpan(0, IdDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong id)
            || (int)(id & 0xff) != directoryIndex
            || !name.StartsWith(id.ToString("x16", CultureInfo.InvariantCulture), StringComparison.Ordinal))
        {
            return ChunkNameKind.Foreign;
        }

        chunk = new ChunkId(id);
        return kind;
    }
}

/// <summary>What a name in a chunk directory stands for.</summary>
internal enum ChunkNameKind
{
    Foreign,
    Chunk,
    Import,
}
