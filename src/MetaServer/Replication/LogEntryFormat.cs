using System.Buffers.Binary;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Replication;

/// <summary>Where an entry stands in the log: the term of the leader that made it, and its number from 1.</summary>
internal readonly record struct LogPoint(ulong Term, ulong Index);

/// <summary>
/// An entry of the command log as bytes: a version byte, term and index (64 bits, little-endian), the command (docs/formats.md).
/// </summary>
internal static class LogEntryFormat
{
    public const byte Version = 1;

    public const int HeadBytes = 1 + 8 + 8;

    public static void WriteHead(Span<byte> head, LogPoint point)
    {
        head[0] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(head[1..], point.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(head[9..], point.Index);
    }

    public static LogPoint ReadHead(ReadOnlySpan<byte> entry)
    {
        if (entry.Length < HeadBytes)
        {
            throw Corrupt($"an entry has only {entry.Length} bytes");
        }

        if (entry[0] != Version)
        {
            throw Corrupt($"an entry has format version {entry[0]}, this program knows {Version}");
        }

        return new LogPoint(BinaryPrimitives.ReadUInt64LittleEndian(entry[1..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[9..]));
    }

    public static Command ReadCommand(ReadOnlySpan<byte> entry)
    {
        try
        {
            return Command.Parser.ParseFrom(entry[HeadBytes..]);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new DfsException(ErrorCode.Corrupt, "command log: replay", $"an entry holds no command: {error.Message}", error);
        }
    }

    public static DfsException Corrupt(string what) => new(ErrorCode.Corrupt, "command log: replay", $"the command log is damaged: {what}");
}
