using System.Buffers.Binary;
using DfsNet.Protocol;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Maintenance;

/// <summary>How far the present round over a volume has come (docs/formats.md, "Scrub state"): a restart goes on from there.</summary>
/// <param name="Verified">The chunk that was read last; 0 at the beginning of a round.</param>
/// <param name="Elapsed">How long the round has been under way, without the time that the server was down.</param>
internal readonly record struct ScrubState(ChunkId Verified, TimeSpan Elapsed)
{
    public const string Path = "scrub.state";
    public const uint FormatVersion = 1;

    private const int Bytes = 20;

    public byte[] Encode()
    {
        byte[] bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, FormatVersion);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(4), Verified.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(12), (long)Elapsed.TotalMilliseconds);
        return bytes;
    }

    /// <summary>Whatever cannot be read is the beginning of a round: nothing is lost but time.</summary>
    public static async Task<ScrubState> ReadAsync(IDisk disk)
    {
        try
        {
            byte[]? bytes = await AtomicFile.ReadAsync(disk, Path).ConfigureAwait(false);
            return bytes is { Length: Bytes } && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == FormatVersion
                ? new ScrubState(
                    new ChunkId(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4))),
                    TimeSpan.FromMilliseconds(Math.Max(0, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(12)))))
                : default;
        }
        catch (Exception error) when (error is AtomicFileCorruptException or DiskException)
        {
            return default;
        }
    }

    public Task WriteAsync(IDisk disk) => AtomicFile.WriteAsync(disk, Path, Encode());
}
