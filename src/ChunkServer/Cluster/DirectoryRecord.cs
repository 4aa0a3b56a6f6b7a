using System.Buffers.Binary;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>The content of a data directory's identity file (docs/formats.md, "Volume identity").</summary>
/// <param name="Identity">Unknown until the server has registered for the first time.</param>
/// <param name="Nonce">Drawn when the server was set up: repeated registrations give one server.</param>
/// <param name="Formatted">The volume's own files were created; from then on they must be there.</param>
/// <param name="Siblings">All volumes of the server, in order of id, this one too.</param>
internal sealed record DirectoryRecord(
    NodeIdentity Identity, ulong Nonce, VolumeId Volume, bool Formatted, IReadOnlyList<VolumeId> Siblings)
{
    public const string Path = "volume.id";
    public const uint FormatVersion = 1;

    // More volumes than one server can have disks.
    public const int SiblingsMax = 1_024;

    private const uint FormattedFlag = 1;
    private const int FixedBytes = 44;

    public byte[] Encode()
    {
        byte[] bytes = new byte[FixedBytes + (8 * Siblings.Count)];
        var span = bytes.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(span, FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], Formatted ? FormattedFlag : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(span[8..], Identity.Cluster.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(span[16..], Identity.Server.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(span[24..], Nonce);
        BinaryPrimitives.WriteUInt64LittleEndian(span[32..], Volume.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(span[40..], (uint)Siblings.Count);
        for (int i = 0; i < Siblings.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(span[(FixedBytes + (8 * i))..], Siblings[i].Value);
        }

        return bytes;
    }

    public static DirectoryRecord Decode(ReadOnlySpan<byte> bytes, string location)
    {
        uint version = bytes.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (version != FormatVersion)
        {
            throw new DfsException(
                ErrorCode.Unsupported, "open data directory", $"{location}/{Path}: format version {version} is unknown here");
        }

        uint siblings = bytes.Length < FixedBytes ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]);
        if (siblings is 0 or > SiblingsMax || bytes.Length != FixedBytes + (8 * siblings))
        {
            throw new DfsException(
                ErrorCode.Corrupt, "open data directory", $"{location}/{Path}: {bytes.Length} bytes cannot be an identity");
        }

        var volumes = new VolumeId[siblings];
        for (int i = 0; i < volumes.Length; i++)
        {
            volumes[i] = new VolumeId(BinaryPrimitives.ReadUInt64LittleEndian(bytes[(FixedBytes + (8 * i))..]));
        }

        return new DirectoryRecord(
            new NodeIdentity(
                new ClusterId(BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])),
                new ServerId(BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]))),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            new VolumeId(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])),
            (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) & FormattedFlag) != 0,
            volumes);
    }

    /// <summary>Null where the directory has no identity.</summary>
    public static async Task<DirectoryRecord?> ReadAsync(IDisk disk)
    {
        try
        {
            return await AtomicFile.ReadAsync(disk, Path).ConfigureAwait(false) is { } bytes ? Decode(bytes, disk.Location) : null;
        }
        catch (AtomicFileCorruptException error)
        {
            throw new DfsException(ErrorCode.Corrupt, "open data directory", $"{disk.Location}: {error.Message}", error);
        }
    }

    public Task WriteAsync(IDisk disk) => AtomicFile.WriteAsync(disk, Path, Encode());
}
