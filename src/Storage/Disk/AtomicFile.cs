using System.Buffers.Binary;
using DfsNet.Integrity;

namespace DfsNet.Storage.Disk;

/// <summary>
/// Small files that are replaced whole: after a crash the old content or the new, never a mixture and never nothing.
/// One writer per path at a time.
/// </summary>
public static class AtomicFile
{
    /// <summary>"DFAF" read as bytes.</summary>
    internal const uint Magic = 0x46414644;

    internal const uint Version = 1;

    /// <summary>Magic, version, length and CRC32C (of the first twelve bytes and the content), each 32 bits, little-endian.</summary>
    internal const int HeaderBytes = 16;

    /// <summary>What a reader accepts: identities, votes and snapshots' manifests are a few KiB.</summary>
    internal const int ContentBytesMax = 64 * 1024 * 1024;

    internal const string TemporarySuffix = ".tmp";

    /// <summary>Replaces the content; durable when the task ends.</summary>
    public static async Task WriteAsync(IDisk disk, string path, ReadOnlyMemory<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, ContentBytesMax);
        string temporary = path + TemporarySuffix;
        byte[] bytes = Encode(content.Span);
        await disk.DeleteAsync(temporary).ConfigureAwait(false);
        var file = await disk.OpenAsync(temporary, FileOpening.CreateNew).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            await file.WriteAsync(0, bytes).ConfigureAwait(false);
            await file.FlushAsync().ConfigureAwait(false);
        }

        await disk.RenameAsync(temporary, path).ConfigureAwait(false);
        int slash = path.LastIndexOf('/');
        await disk.FlushDirectoryAsync(slash < 0 ? "" : path[..slash]).ConfigureAwait(false);
    }

    /// <summary>The content, or null where there is no such file. Damage is an <see cref="AtomicFileCorruptException"/>.</summary>
    public static async Task<byte[]?> ReadAsync(IDisk disk, string path)
    {
        if (!await disk.ExistsAsync(path).ConfigureAwait(false))
        {
            return null;
        }

        var file = await disk.OpenAsync(path, FileOpening.Existing).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            long length = await file.GetLengthAsync().ConfigureAwait(false);
            if (length is < HeaderBytes or > HeaderBytes + ContentBytesMax)
            {
                throw new AtomicFileCorruptException(path, $"its length is {length}");
            }

            byte[] bytes = new byte[length];
            int read = await file.ReadAsync(0, bytes).ConfigureAwait(false);
            return Decode(path, bytes.AsSpan(0, read));
        }
    }

    private static byte[] Encode(ReadOnlySpan<byte> content)
    {
        byte[] bytes = new byte[HeaderBytes + content.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)content.Length);
        content.CopyTo(bytes.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), Checksum(bytes));
        return bytes;
    }

    private static byte[] Decode(string path, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            throw new AtomicFileCorruptException(path, "it does not begin like one of ours");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) != Checksum(bytes))
        {
            throw new AtomicFileCorruptException(path, "its checksum does not match");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (version != Version)
        {
            throw new AtomicFileCorruptException(path, $"format version {version} is unknown here");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        return length == bytes.Length - HeaderBytes
            ? bytes[HeaderBytes..].ToArray()
            : throw new AtomicFileCorruptException(path, $"it holds {bytes.Length - HeaderBytes} bytes instead of {length}");
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes) => Crc32C.Append(Crc32C.Compute(bytes[..12]), bytes[HeaderBytes..]);
}
