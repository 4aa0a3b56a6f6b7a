using System.Buffers.Binary;
using DfsNet.Integrity;
using DfsNet.MetaServer.Replication.Snapshots;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Backups;

/// <summary>
/// A backup of the metadata as a file (docs/formats.md): a mark, then pieces, each with its length and checksum; the last one says how many
/// rows there are, and their digest.
/// </summary>
public static class BackupFile
{
    public const uint FormatVersion = 1;

    private const int FrameHeadBytes = 8;

    // A piece has half a MiB of rows, and the largest row fits into a message.
    private const int PieceBytesMax = 16 * 1024 * 1024;

    private static ReadOnlySpan<byte> Mark => "DFSMETA\0"u8;

    /// <summary>How every backup begins.</summary>
    public static byte[] Begin()
    {
        byte[] head = new byte[Mark.Length + 4];
        Mark.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(Mark.Length), FormatVersion);
        return head;
    }

    /// <summary>A piece as it stands in the file.</summary>
    public static byte[] Encode(BackupPiece piece)
    {
        byte[] frame = new byte[FrameHeadBytes + piece.CalculateSize()];
        piece.WriteTo(frame.AsSpan(FrameHeadBytes));
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - FrameHeadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), Crc32C.Compute(frame.AsSpan(FrameHeadBytes)));
        return frame;
    }

    /// <summary>Reads a backup from its beginning to its end.</summary>
    /// <param name="source">At its beginning.</param>
    /// <param name="rows">Takes the rows of each piece, in order.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="DfsException">
    /// Corrupt where it is damaged or incomplete, Unsupported where it is none that this program knows.
    /// </exception>
    public static async Task<BackupHeader> ReadAsync(
        Stream source, Action<IReadOnlyList<SnapshotRow>> rows, CancellationToken cancellation)
    {
        byte[] head = await ReadAsync(source, Mark.Length + 4, cancellation).ConfigureAwait(false);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(Mark.Length));
        if (!head.AsSpan().StartsWith(Mark) || version != FormatVersion)
        {
            throw new DfsException(
                ErrorCode.Unsupported, "read a backup", "this is no backup of metadata that this program knows");
        }

        var header = (await ReadPieceAsync(source, cancellation).ConfigureAwait(false)).Header
            ?? throw Damaged("it does not say what it is");
        uint digest = 0;
        ulong count = 0;
        while (true)
        {
            var piece = (await ReadPieceAsync(source, cancellation).ConfigureAwait(false)).Rows ?? throw Damaged("a piece has no rows");
            digest = SnapshotRows.Append(digest, piece.Rows);
            count += (ulong)piece.Rows.Count;
            rows(piece.Rows);
            if (piece.Last)
            {
                bool isOver = await source.ReadAsync(new byte[1], cancellation).ConfigureAwait(false) == 0;
                return piece.Digest == digest && piece.RowCount == count && isOver
                    ? header
                    : throw Damaged("its end does not fit what comes before");
            }
        }
    }

    private static async Task<BackupPiece> ReadPieceAsync(Stream source, CancellationToken cancellation)
    {
        byte[] head = await ReadAsync(source, FrameHeadBytes, cancellation).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length is < 0 or > PieceBytesMax)
        {
            throw Damaged($"a piece of {length} bytes");
        }

        byte[] body = await ReadAsync(source, length, cancellation).ConfigureAwait(false);
        if (Crc32C.Compute(body) != BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4)))
        {
            throw Damaged("the checksum of a piece is wrong");
        }

        try
        {
            return BackupPiece.Parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw Damaged(error.Message);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream source, int length, CancellationToken cancellation)
    {
        byte[] bytes = new byte[length];
        int read = await source.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return read == length ? bytes : throw Damaged("it is incomplete");
    }

    private static DfsException Damaged(string what) =>
        new(ErrorCode.Corrupt, "read a backup", $"the backup is damaged: {what}");
}
