using System.Buffers.Binary;
using DfsNet.Consensus;
using DfsNet.MetaServer.Commands;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// A record of the command log as bytes: a version byte, a kind byte, term and index (64 bits, little-endian), the body (docs/formats.md).
/// </summary>
internal static class LogEntryFormat
{
    public const byte Version = 2;

    /// <summary>Beside the kinds of entries: the log begins anew behind this point, because a snapshot up to it was installed.</summary>
    public const byte BaseKind = 0x80;

    public const int HeadBytes = 1 + 1 + 8 + 8;

    // What is left out shows in the size.
    private static readonly MessageParser<Command> KnownFields = Command.Parser.WithDiscardUnknownFields(true);

    public static byte[] Head(Entry entry) => Head((byte)entry.Kind, entry.Point);

    public static byte[] BaseRecord(LogPoint point) => Head(BaseKind, point);

    /// <summary>What a record says; <paramref name="isBase"/> where it is no entry.</summary>
    public static Entry Read(ReadOnlyMemory<byte> record, out bool isBase)
    {
        var bytes = record.Span;
        if (bytes.Length < HeadBytes)
        {
            throw Corrupt($"a record has only {bytes.Length} bytes");
        }

        if (bytes[0] != Version)
        {
            throw Corrupt($"a record has format version {bytes[0]}, this program knows {Version}");
        }

        isBase = bytes[1] == BaseKind;
        var kind = (EntryKind)bytes[1];
        if (!isBase && !Enum.IsDefined(kind))
        {
            throw Corrupt($"a record has kind {bytes[1]}, which this program does not know");
        }

        var point = new LogPoint(BinaryPrimitives.ReadUInt64LittleEndian(bytes[2..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[10..]));
        return new Entry(point, kind, record[HeadBytes..]);
    }

    /// <exception cref="DfsException">Corrupt; Unsupported where a newer program wrote it: a node stops before it applies what it does not
    /// know.
    /// </exception>
    public static Command ReadCommand(ReadOnlySpan<byte> body)
    {
        try
        {
            return TryReadCommand(body) ?? throw new DfsException(
                ErrorCode.Unsupported,
                "command log: apply",
                "a command has a kind or a field that this program does not know: a newer one wrote it; start that one");
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new DfsException(ErrorCode.Corrupt, "command log: apply", $"an entry holds no command: {error.Message}", error);
        }
    }

    /// <summary>Null where it has a kind or a field that this program does not know.</summary>
    public static Command? TryReadCommand(ReadOnlySpan<byte> body)
    {
        var command = KnownFields.ParseFrom(body);
        return command.CalculateSize() == body.Length && CommandList.Knows(command) ? command : null;
    }

    public static DfsException Corrupt(string what) => new(ErrorCode.Corrupt, "command log: replay", $"the command log is damaged: {what}");

    private static byte[] Head(byte kind, LogPoint point)
    {
        byte[] head = new byte[HeadBytes];
        head[0] = Version;
        head[1] = kind;
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(2), point.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(10), point.Index);
        return head;
    }
}
